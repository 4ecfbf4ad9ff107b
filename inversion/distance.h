#pragma once
// Distances between the update that a candidate would cause and the observed one, with their
// derivative in closed form, which reads each tensor once and stays accurate near the solution.

#include <span>
#include <vector>

#include "graph/graph.h"

namespace palimpsest::inversion {

enum class DistanceKind {
  squared_l2,       ///< sum of (a - b)^2 over all entries (Zhu et al. 2019, eq. 3)
  mean_squared_l2,  ///< the same divided by the number of tensors (Li et al. 2022, D1)
  l2_norms,         ///< sum over tensors of |a - b| (Yin et al. 2021, eq. 4)
  cosine            ///< 1 - <a, b> / (|a| |b|) over all tensors as one vector (Geiping et al. 2020)
};

struct Distance {
  Value value;                   ///< f64, rank 0
  std::vector<Value> direction;  ///< d value / d candidate, typed like the candidate
};

/// `weights` scales the squared entries of each tensor, or its norm in l2_norms; empty: all 1. The
/// cosine is taken as |a/|a| - b/|b||^2 / 2 with sums in f64, of f32 tensors as 1 - <a, b> / (|a|
/// |b|), which reads them less often and is right to about 1e-15 (so it may be below 0 by that); a
/// candidate of norm 0 has distance 1 and derivative 0. Throws InputError when the observed norm is
/// 0 (cosine) or not finite.
Distance distance(DistanceKind kind, Operands candidate, std::span<const Literal> observed,
                  std::span<const double> weights = {});

}  // namespace palimpsest::inversion
