#pragma once
// The region in which TuRBO trusts its model (Eriksson, Pearce, Gardner, Turner and Poloczek,
// "Scalable global optimization via local Bayesian optimization", NeurIPS 2019), as pure functions
// on points in the unit cube.

#include "optimizers/points.h"

namespace palimpsest::optimizers {

/// Its length, and how many batches in a row improved the best value, or did not.
struct TrustRegion {
  double length = 0.8;
  std::int64_t successes = 0, failures = 0;
  bool operator==(const TrustRegion&) const = default;
};

struct TrustRegionRules {
  double first_length = 0.8;
  double least_length = 0.0078125;  ///< 2^-7; below it the region is given up
  double most_length = 1.6;
  std::int64_t successes = 3;  ///< in a row until the length doubles
  std::int64_t failures = 4;   ///< in a row until it halves
};

/// ceil(max(4 / batch, dimension / batch)).
std::int64_t default_failures(Eigen::Index dimension, Eigen::Index batch);

/// The region after one more batch.
TrustRegion updated(TrustRegion region, const TrustRegionRules& rules, bool success);

/// Whether a batch's best value counts as a success: better by more than a thousandth.
bool improves(double value, double best);

/// Around `center`, cut at the unit cube: side d has length * lengths_d / (their geometric mean).
Box sides_of(double length, const Eigen::VectorXd& center, const Eigen::VectorXd& lengths);

/// [count, n]: scrambled Sobol points in the box for a random choice of coordinates, the center's
/// for the others. Each coordinate is chosen with probability min(1, 20 / n), at least one in every
/// row. A function of (seed, step).
Points candidates_in(const Box& box, const Eigen::VectorXd& center, Eigen::Index count,
                     std::uint64_t seed, std::uint64_t step);

}  // namespace palimpsest::optimizers
