#include "optimizers/trust_region.h"

#include <algorithm>
#include <cmath>

#include "ops/source/draw.h"
#include "optimizers/sobol.h"

namespace palimpsest::optimizers {
namespace {

constexpr std::uint64_t sobol_stream = 0x7B0, mask_stream = 0x7B1;

}  // namespace

std::int64_t default_failures(Eigen::Index dimension, Eigen::Index batch) {
  return (std::max<Eigen::Index>(4, dimension) + batch - 1) / batch;
}

TrustRegion updated(TrustRegion region, const TrustRegionRules& rules, bool success) {
  region.successes = success ? region.successes + 1 : 0;
  region.failures = success ? 0 : region.failures + 1;
  if (region.successes == rules.successes)
    return {std::min(2 * region.length, rules.most_length), 0, 0};
  if (region.failures == rules.failures) return {region.length / 2, 0, 0};
  return region;
}

bool improves(double value, double best) { return value < best - 1e-3 * std::abs(best); }

Box sides_of(double length, const Eigen::VectorXd& center, const Eigen::VectorXd& lengths) {
  const double mean = std::exp(lengths.array().log().mean());
  const Eigen::VectorXd half = 0.5 * length / mean * lengths;
  return {(center - half).cwiseMax(0), (center + half).cwiseMin(1)};
}

Points candidates_in(const Box& box, const Eigen::VectorXd& center, Eigen::Index count,
                     std::uint64_t seed, std::uint64_t step) {
  const Eigen::Index n = center.size();
  const double chance = std::min(1.0, 20 / static_cast<double>(n));
  // Another sequence for every step: the step takes part in the key.
  const Points unit = Sobol(n, seed ^ scrambled(step + 1), sobol_stream).first(count);
  std::vector<double> row(static_cast<std::size_t>(n) + 1);
  Points points = center.transpose().replicate(count, 1);
  for (Eigen::Index i = 0; i < count; ++i) {
    draw_uniform(row, seed ^ scrambled(step + 1), mask_stream, static_cast<std::uint64_t>(i));
    const auto forced = static_cast<Eigen::Index>(row.back() * static_cast<double>(n));
    const bool none =
        std::none_of(row.begin(), row.end() - 1, [&](double u) { return u < chance; });
    for (Eigen::Index d = 0; d < n; ++d)
      if (row[static_cast<std::size_t>(d)] < chance || (none && d == forced))
        points(i, d) = box.lower[d] + (box.upper[d] - box.lower[d]) * unit(i, d);
  }
  return points;
}

}  // namespace palimpsest::optimizers
