#pragma once
// What a mean over a few images and seeds is worth.

#include <cstdint>
#include <span>
#include <vector>

namespace palimpsest::inversion {

struct IntervalSettings {
  double level = 0.95;  ///< share of intervals that hold the mean, in (0, 1)
  std::int64_t resamples = 10'000;
  std::uint64_t seed = 0;
};

struct Interval {
  double mean = 0, low = 0, high = 0;
};

/// The mean of all values and its percentile bootstrap interval (Efron 1979): groups are drawn
/// with replacement, as many as there are, each with all its values, and of the means of the draws
/// the quantiles at (1 -+ level) / 2 are taken, interpolated linearly. Values of one image at
/// several seeds, or of one batch, depend on each other: make them one group. Draws are functions
/// of the seed. Resampling a handful of groups gives intervals that are too short, and of one
/// group none (low and high are NaN). Throws InputError for no values, an empty group, values that
/// are not finite and settings out of range.
Interval mean_interval(std::span<const std::vector<double>> groups,
                       const IntervalSettings& settings = {});
/// The same for values that do not depend on each other.
Interval mean_interval(std::span<const double> values, const IntervalSettings& settings = {});

}  // namespace palimpsest::inversion
