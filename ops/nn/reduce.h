#pragma once
// Reductions composed of primitives. Axes as in ops/reduce (empty: all), kept with extent 1.

#include "graph/value.h"

#include <vector>

namespace palimpsest::nn {

Value mean(Value x, std::vector<int> axes = {});
/// Population variance, in two passes.
Value variance(Value x, std::vector<int> axes = {});
/// Maximum; equal maxima share the derivative equally (torch's amax).
Value reduce_max(Value x, std::vector<int> axes = {});
Value reduce_min(Value x, std::vector<int> axes = {});
/// Product by pairwise multiplication: exact derivatives of every order also at zeros.
Value reduce_prod(Value x, std::vector<int> axes = {});
Value logsumexp(Value x, std::vector<int> axes = {});
/// sqrt(sum x^2) with derivative 0 where the norm is 0.
Value l2_norm(Value x, std::vector<int> axes = {});
/// Running products along an axis by doubling, zero-safe like reduce_prod.
Value cumprod(Value x, int axis);
/// Euclidean norm of all elements of all values together, rank 0, derivative 0 at 0.
Value global_norm(Operands values);

}  // namespace palimpsest::nn
