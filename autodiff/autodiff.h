#pragma once
// Derivatives as graph-to-graph transformations. vjp and jvp append to the graph they are
// given and return values of it, so any order of differentiation is the same call again.
// Both are derived from each primitive's one fact (autodiff/rules.h). No kernel, no file.

#include <vector>

#include "graph/value.h"

namespace palimpsest::autodiff {

/// Reverse mode: sum over outputs of ct_o^T d(output_o)/d(wrt), one value per `wrt`, each of
/// its type. `wrt` values are treated as independent variables, whether or not they are
/// inputs: nothing is followed beyond them. A value that no output depends on gets zeros.
/// Throws ShapeError when counts or types do not match, UnsupportedError for a non-float wrt.
std::vector<Value> vjp(Operands outputs, Operands cotangents, Operands wrt);

/// Forward mode: the tangents of `outputs` when `wrt` move along `tangents`.
std::vector<Value> jvp(Operands outputs, Operands wrt, Operands tangents);

/// Gradient of a rank-0 value: vjp with cotangent 1.
std::vector<Value> gradient(Value scalar, Operands wrt);

}  // namespace palimpsest::autodiff
