#include "inversion/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/error.h"
#include "ops/source/draw.h"

namespace palimpsest::inversion {
namespace {

/// What the mean needs of a group.
struct GroupSum {
  double sum = 0, count = 0;
};

GroupSum sum_of(const std::vector<double>& group) {
  if (group.empty()) throw InputError("interval: an empty group came");
  GroupSum result;
  for (const double value : group) {
    if (!std::isfinite(value))
      throw InputError(text("interval: finite values expected, ", value, " came"));
    result.sum += value;
    result.count += 1;
  }
  return result;
}

void check(const IntervalSettings& settings) {
  if (!(settings.level > 0 && settings.level < 1))
    throw InputError(text("interval: a level in (0, 1) expected, ", settings.level, " came"));
  if (settings.resamples < 1)
    throw InputError(
        text("interval: at least one resample expected, ", settings.resamples, " came"));
}

/// The mean over as many groups as there are, drawn with replacement.
double resampled_mean(std::span<const GroupSum> groups, std::uint64_t seed, std::uint64_t step) {
  GroupSum drawn;
  for (std::uint64_t k = 0; k < groups.size(); ++k) {
    const double unit = uniform_draws(stream_block(seed, 0, step, k)).element[0];
    const auto at = static_cast<std::size_t>(unit * static_cast<double>(groups.size()));
    drawn.sum += groups[at].sum;
    drawn.count += groups[at].count;
  }
  return drawn.sum / drawn.count;
}

double quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - static_cast<double>(below);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

}  // namespace

Interval mean_interval(std::span<const std::vector<double>> groups,
                       const IntervalSettings& settings) {
  check(settings);
  if (groups.empty()) throw InputError("interval: at least one value expected, none came");
  std::vector<GroupSum> sums;
  GroupSum all;
  for (const std::vector<double>& group : groups) {
    sums.push_back(sum_of(group));
    all.sum += sums.back().sum;
    all.count += sums.back().count;
  }
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  Interval result{all.sum / all.count, nan, nan};
  if (groups.size() == 1) return result;
  std::vector<double> means;
  means.reserve(static_cast<std::size_t>(settings.resamples));
  for (std::int64_t r = 0; r < settings.resamples; ++r)
    means.push_back(resampled_mean(sums, settings.seed, static_cast<std::uint64_t>(r)));
  std::sort(means.begin(), means.end());
  result.low = quantile(means, (1 - settings.level) / 2);
  result.high = quantile(means, (1 + settings.level) / 2);
  return result;
}

Interval mean_interval(std::span<const double> values, const IntervalSettings& settings) {
  std::vector<std::vector<double>> groups;
  for (const double value : values) groups.push_back({value});
  return mean_interval(groups, settings);
}

}  // namespace palimpsest::inversion
