#include "optimizers/cma_es_constants.h"

#include <algorithm>
#include <cmath>

namespace palimpsest::optimizers {
namespace {

/// (sum w)^2 / sum w^2; 0 for none.
double effective(const Eigen::VectorXd& weights) {
  return weights.size() == 0 ? 0 : std::pow(weights.sum(), 2) / weights.squaredNorm();
}

/// Eqs. 49 to 53: positive weights add up to 1, negative ones to the least of three bounds.
void normalize(CmaEsConstants& c, const Eigen::VectorXd& raw, double n, bool active) {
  const Eigen::Index rest = raw.size() - c.parents;
  c.weights = Eigen::VectorXd::Zero(raw.size());
  c.weights.head(c.parents) = raw.head(c.parents) / raw.head(c.parents).sum();
  if (!active) return;
  const Eigen::VectorXd negative = raw.tail(rest).cwiseMin(0);
  const double magnitude = -negative.sum();
  if (magnitude == 0) return;
  const double mass =
      std::min({1 + c.c_1 / c.c_mu, 1 + 2 * effective(negative) / (c.mu_effective + 2),
                (1 - c.c_1 - c.c_mu) / (n * c.c_mu)});
  c.weights.tail(rest) = mass / magnitude * negative;
}

}  // namespace

Eigen::Index default_population(Eigen::Index dimension) {
  return 4 + static_cast<Eigen::Index>(3 * std::log(static_cast<double>(dimension)));
}

CmaEsConstants cma_es_constants(Eigen::Index dimension, Eigen::Index population, bool active) {
  const auto n = static_cast<double>(dimension);
  CmaEsConstants c;
  c.parents = population / 2;
  Eigen::VectorXd raw(population);
  for (Eigen::Index i = 0; i < population; ++i)
    raw[i] =
        std::log((static_cast<double>(population) + 1) / 2) - std::log(static_cast<double>(i + 1));
  const double mu = c.mu_effective = effective(raw.head(c.parents));
  c.c_sigma = (mu + 2) / (n + mu + 5);
  c.d_sigma = 1 + 2 * std::max(0.0, std::sqrt((mu - 1) / (n + 1)) - 1) + c.c_sigma;
  c.c_c = (4 + mu / n) / (n + 4 + 2 * mu / n);
  c.c_1 = 2 / (std::pow(n + 1.3, 2) + mu);
  c.c_mu = std::min(1 - c.c_1, 2 * (0.25 + mu + 1 / mu - 2) / (std::pow(n + 2, 2) + mu));
  c.expected_norm = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  const double interval = 1 / (10 * n * (c.c_1 + c.c_mu));
  c.generations_per_decomposition = std::max(std::int64_t{1}, static_cast<std::int64_t>(interval));
  normalize(c, raw, n, active);
  return c;
}

}  // namespace palimpsest::optimizers
