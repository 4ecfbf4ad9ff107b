#pragma once
// What the runs of an audit say together. A run is one attack or control, on one group of images
// (the batch of one update), from one seed. Attack and controls share groups and seeds, so they
// are compared pair by pair.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "inversion/metrics.h"

namespace palimpsest::inversion {

/// One image as one run recovered it.
struct ImageOutcome {
  std::int64_t image = 0;  ///< index among all images of the audit
  std::int64_t group = 0;
  std::uint64_t seed = 0;
  double psnr = 0;  ///< dB, at most `best_psnr`
  double ssim = 0;  ///< NaN for images below 11x11
};

/// Of an exact copy, so that means stay finite; finer than 8-bit images can say.
inline constexpr double best_psnr = 100;

/// The outcomes of one run. Groups are as large as each other and follow one another.
std::vector<ImageOutcome> outcomes_of(const ImageScores& scores, std::int64_t group,
                                      std::uint64_t seed);

/// All runs of one attack under one defence, or of one control.
struct Outcomes {
  std::vector<ImageOutcome> images;
  std::int64_t runs = 0;
  std::int64_t failed = 0;  ///< runs without a result: their images are not among `images`
  std::vector<double> label_recalls;
};

/// A mean over groups of images, with a single group over its seeds, and its 95 % interval.
struct Estimate {
  double mean = 0;                  ///< NaN without data
  std::optional<double> low, high;  ///< absent below two groups or seeds
  std::int64_t units = 0;           ///< groups or seeds that the interval is over
};

enum class Metric { psnr, ssim };

/// The mean over all images and seeds.
Estimate mean_of(const Outcomes& outcomes, Metric metric);

/// How much better an attack is than a control, over the images and seeds that both have.
Estimate difference_of(const Outcomes& attack, const Outcomes& control, Metric metric);

struct NamedOutcomes {
  std::string name;
  Outcomes outcomes;
};

/// How much an attack finds beyond the best control: that of the highest mean.
struct Gain {
  std::string control;
  Estimate difference;
};
/// Nothing when no control has a result.
std::optional<Gain> gain_of(const Outcomes& attack, const std::vector<NamedOutcomes>& controls,
                            Metric metric);

/// What an audit states of one attack under one defence.
struct CellFigures {
  Estimate psnr, ssim;
  std::optional<Gain> psnr_gain, ssim_gain;
  double highest_psnr = 0;  ///< of the best image of all runs; NaN without data
  double label_recall = 0;  ///< mean; NaN where labels are not classes
  std::int64_t runs = 0, failed = 0;
};
CellFigures figures_of(const Outcomes& attack, const std::vector<NamedOutcomes>& controls);

}  // namespace palimpsest::inversion
