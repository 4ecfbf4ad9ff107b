#pragma once
// Sums over all entries of several tensors, as one vector. Each tensor may have a weight; no
// weights: all 1.

#include <span>

#include "graph/literal.h"
#include "graph/value.h"

namespace palimpsest::inversion {

inline double weight_of(std::span<const double> weights, std::size_t tensor) {
  return weights.empty() ? 1.0 : weights[tensor];
}

/// Sums of w a b over all tensors, rank 0, in f64 whatever their dtype.
Value weighted_inner(Operands a, Operands b, std::span<const double> weights = {});

/// sqrt of the sums of w t^2.
double weighted_norm(std::span<const Literal> tensors, std::span<const double> weights = {});

}  // namespace palimpsest::inversion
