#pragma once
// The derivations: what vjp and jvp need of one node, from its one derivative fact.

#include "graph/graph.h"

namespace palimpsest::autodiff {

/// True when a derivative can flow from the node's result to that operand: both are float
/// and the primitive is not inert.
bool differentiable(const Node& node, std::size_t operand);

/// The cotangent of one operand for cotangent `ct` of the node's result `y`.
Value operand_cotangent(Value y, int operand, Value ct);

/// vjp inside of the derivation of one node: what it adds keeps the labels of what it goes through.
std::vector<Value> vjp_within(Operands outputs, Operands cotangents, Operands wrt);

/// The tangent of the node's result; a null Value in `tangents` stands for zero. At least
/// one tangent is not null.
Value result_tangent(Value y, Operands tangents);

}  // namespace palimpsest::autodiff
