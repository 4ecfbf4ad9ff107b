#pragma once
// What CMA-ES derives from the dimension and the size of the population alone.

#include <Eigen/Core>
#include <cstdint>

namespace palimpsest::optimizers {

/// The strategy parameters of Hansen, "The CMA evolution strategy: a tutorial" (arXiv 1604.00772,
/// version of 2023), table 1, under its names.
struct CmaEsConstants {
  /// By rank, best first. The first `parents` are positive and add up to 1; the others are 0, or
  /// negative with active adaptation.
  Eigen::VectorXd weights;
  Eigen::Index parents = 0;           ///< mu: half of the population
  double mu_effective = 0;            ///< variance-effective selection mass
  double c_sigma = 0, d_sigma = 0;    ///< step size: rate of the path, damping
  double c_c = 0, c_1 = 0, c_mu = 0;  ///< covariance: rates of the path, rank one, rank mu
  double expected_norm = 0;           ///< of N(0, I): sqrt(n) (1 - 1 / 4n + 1 / 21n^2)
  std::int64_t generations_per_decomposition = 1;
};

/// 4 + floor(3 ln n).
Eigen::Index default_population(Eigen::Index dimension);

/// For dimension >= 1 and population >= 2.
CmaEsConstants cma_es_constants(Eigen::Index dimension, Eigen::Index population, bool active);

}  // namespace palimpsest::optimizers
