#include "inversion/audit/figures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "inversion/audit/student.h"

namespace palimpsest::inversion {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double value_of(const ImageOutcome& outcome, Metric metric) {
  return metric == Metric::psnr ? outcome.psnr : outcome.ssim;
}

struct Sample {
  std::int64_t group;
  std::uint64_t seed;
  double value;
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? nan : sum / static_cast<double>(values.size());
}

/// The mean over units that do not depend on each other. Images of one group come from one update,
/// and its seeds see the same images, so groups are the units; with a single group, its seeds.
Estimate estimate(const std::vector<Sample>& samples) {
  std::map<std::int64_t, std::vector<double>> groups;
  std::map<std::uint64_t, std::vector<double>> seeds;
  for (const Sample& sample : samples) {
    if (!std::isfinite(sample.value)) continue;
    groups[sample.group].push_back(sample.value);
    seeds[sample.seed].push_back(sample.value);
  }
  std::vector<double> units;
  if (groups.size() > 1)
    for (const auto& [group, values] : groups) units.push_back(mean(values));
  else
    for (const auto& [seed, values] : seeds) units.push_back(mean(values));
  Estimate result{mean(units), {}, {}, static_cast<std::int64_t>(units.size())};
  if (units.size() < 2) return result;
  const double half = student_half_width(units);
  result.low = result.mean - half;
  result.high = result.mean + half;
  return result;
}

double highest_psnr(const Outcomes& outcomes) {
  double highest = nan;
  for (const ImageOutcome& outcome : outcomes.images) highest = std::fmax(highest, outcome.psnr);
  return highest;
}

}  // namespace

std::vector<ImageOutcome> outcomes_of(const ImageScores& scores, std::int64_t group,
                                      std::uint64_t seed) {
  const auto count = static_cast<std::int64_t>(scores.images.size());
  std::vector<ImageOutcome> outcomes;
  for (const ImageScore& score : scores.images)
    outcomes.push_back(
        {group * count + score.truth, group, seed, std::min(score.psnr, best_psnr), score.ssim});
  return outcomes;
}

Estimate mean_of(const Outcomes& outcomes, Metric metric) {
  std::vector<Sample> samples;
  for (const ImageOutcome& outcome : outcomes.images)
    samples.push_back({outcome.group, outcome.seed, value_of(outcome, metric)});
  return estimate(samples);
}

Estimate difference_of(const Outcomes& attack, const Outcomes& control, Metric metric) {
  std::map<std::pair<std::int64_t, std::uint64_t>, double> base;
  for (const ImageOutcome& outcome : control.images)
    base[{outcome.image, outcome.seed}] = value_of(outcome, metric);
  std::vector<Sample> samples;
  for (const ImageOutcome& outcome : attack.images)
    if (const auto found = base.find({outcome.image, outcome.seed}); found != base.end())
      samples.push_back({outcome.group, outcome.seed, value_of(outcome, metric) - found->second});
  return estimate(samples);
}

std::optional<Gain> gain_of(const Outcomes& attack, const std::vector<NamedOutcomes>& controls,
                            Metric metric) {
  const NamedOutcomes* best = nullptr;
  double highest = nan;
  for (const NamedOutcomes& control : controls) {
    const double score = mean_of(control.outcomes, metric).mean;
    if (std::isnan(score) || score <= highest) continue;
    highest = score;
    best = &control;
  }
  if (!best) return std::nullopt;
  return Gain{best->name, difference_of(attack, best->outcomes, metric)};
}

CellFigures figures_of(const Outcomes& attack, const std::vector<NamedOutcomes>& controls) {
  return {mean_of(attack, Metric::psnr),
          mean_of(attack, Metric::ssim),
          gain_of(attack, controls, Metric::psnr),
          gain_of(attack, controls, Metric::ssim),
          highest_psnr(attack),
          mean(attack.label_recalls),
          attack.runs,
          attack.failed};
}

}  // namespace palimpsest::inversion
