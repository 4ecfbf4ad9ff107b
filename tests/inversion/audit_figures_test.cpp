// The figures of an audit: pairs, intervals, the best control, findings and thresholds.

#include "inversion/audit/figures.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "inversion/audit/student.h"
#include "inversion/audit/verdict.h"

namespace palimpsest::inversion {
namespace {

/// One image a group, PSNRs by group and seed.
Outcomes outcomes(const std::vector<std::vector<double>>& by_group) {
  Outcomes result;
  for (std::size_t group = 0; group < by_group.size(); ++group)
    for (std::size_t seed = 0; seed < by_group[group].size(); ++seed) {
      const auto index = static_cast<std::int64_t>(group);
      result.images.push_back({index, index, seed, by_group[group][seed], 0.5});
      ++result.runs;
    }
  return result;
}

}  // namespace

TEST_CASE("Student's distribution has the quantiles of its tables") {
  const std::vector<std::pair<std::int64_t, double>> table{
      {1, 12.7062}, {2, 4.30265}, {3, 3.18245}, {5, 2.57058}, {10, 2.22814}, {30, 2.04227}};
  for (const auto& row : table) {
    const std::int64_t degrees = row.first;
    CAPTURE(degrees);
    CHECK(student_share(row.second, degrees) == doctest::Approx(0.95).epsilon(1e-6));
    CHECK(student_share(0, degrees) == 0);
  }
  // Values 1, 2, 3: deviation 1, error 1 / sqrt(3).
  CHECK(student_half_width(std::vector<double>{1, 2, 3}) ==
        doctest::Approx(4.30265 / std::sqrt(3)).epsilon(1e-5));
  CHECK(student_half_width(std::vector<double>{4, 4}) == 0);
  CHECK_THROWS_AS(student_half_width(std::vector<double>{4}), InputError);
}

TEST_CASE("An interval is over groups of images, with a single group over its seeds") {
  const Estimate groups = mean_of(outcomes({{10, 12}, {20, 22}, {30, 32}}), Metric::psnr);
  CHECK(groups.mean == doctest::Approx(21));
  CHECK(groups.units == 3);
  CHECK(*groups.high == doctest::Approx(21 + 4.30265 * 10 / std::sqrt(3)).epsilon(1e-5));
  const Estimate seeds = mean_of(outcomes({{10, 12}}), Metric::psnr);
  CHECK(seeds.units == 2);
  CHECK(*seeds.low == doctest::Approx(11 - 12.7062).epsilon(1e-5));
  CHECK_FALSE(mean_of(outcomes({{10}}), Metric::psnr).low);
  CHECK(std::isnan(mean_of({}, Metric::psnr).mean));
}

TEST_CASE("Differences are taken over the images and seeds that both have") {
  Outcomes attack = outcomes({{10, 50}, {20, 21}});
  Outcomes control = outcomes({{8, 9}, {15, 19}});
  control.images.erase(control.images.begin() + 1);  // group 0, seed 1: failed
  const Estimate difference = difference_of(attack, control, Metric::psnr);
  CHECK(difference.mean == doctest::Approx((2 + (5 + 2) / 2.0) / 2));
  CHECK(difference.units == 2);
}

TEST_CASE("The gain is measured against the control of the highest mean, for each metric alone") {
  Outcomes attack = outcomes({{30}, {32}});
  std::vector<NamedOutcomes> controls{{"prior only", outcomes({{10}, {14}})},
                                      {"random update", outcomes({{20}, {10}})},
                                      {"failed", {}}};
  controls[0].outcomes.images[0].ssim = 0.9;
  const std::optional<Gain> gain = gain_of(attack, controls, Metric::psnr);
  CHECK(gain->control == "random update");
  CHECK(gain->difference.mean == doctest::Approx(16));
  CHECK(gain_of(attack, controls, Metric::ssim)->control == "prior only");
  CHECK_FALSE(gain_of(attack, std::vector<NamedOutcomes>{{"failed", {}}}, Metric::psnr));
}

TEST_CASE("An exact copy counts as 100 dB, so that means stay finite") {
  ImageScores scores;
  scores.images.push_back({0, 1, 0, std::numeric_limits<double>::infinity(), 1});
  scores.images.push_back({1, 0, 0.01, 20, 0.5});
  const std::vector<ImageOutcome> found = outcomes_of(scores, 3, 7);
  CHECK(found[0].psnr == best_psnr);
  CHECK(found[0].image == 7);
  CHECK(found[1].image == 6);
  CHECK(found[1].seed == 7);
}

TEST_CASE("A finding needs an interval that lies above the best control") {
  const std::vector<NamedOutcomes> controls{{"prior only", outcomes({{10}, {11}, {12}})}};
  const auto finding = [&](const Outcomes& attack) {
    return finding_of(figures_of(attack, controls));
  };
  CHECK(finding(outcomes({{30}, {31}, {32}})) == Finding::recovered);
  CHECK(finding(outcomes({{30}, {10}, {12}})) == Finding::not_recovered);
  CHECK(finding(outcomes({{5}, {6}, {7}})) == Finding::not_recovered);
  CHECK(finding(outcomes({{30}})) == Finding::too_few);
  CHECK(finding({}) == Finding::no_result);
  CHECK(finding_of(figures_of(outcomes({{30}, {31}}), {})) == Finding::no_result);
}

TEST_CASE("No finding says that anything is safe") {
  for (const Finding finding :
       {Finding::recovered, Finding::not_recovered, Finding::too_few, Finding::no_result}) {
    CHECK(words_of(finding).find("safe") == std::string_view::npos);
    CHECK(words_of(finding) != "?");
  }
}

TEST_CASE("The threshold of the PSNR is for the best image, that of the gain for the mean") {
  const std::vector<NamedOutcomes> controls{{"prior only", outcomes({{10}, {10}})}};
  const CellFigures figures = figures_of(outcomes({{12}, {30}}), controls);
  CHECK(figures.highest_psnr == 30);
  CHECK(exceeded(figures, {}).empty());
  CHECK(exceeded(figures, {30, 11}).empty());
  CHECK(exceeded(figures, {29.9, {}}).size() == 1);
  CHECK(exceeded(figures, {{}, 10.9}).size() == 1);
  CHECK(exceeded(figures, {29.9, 10.9}).size() == 2);
  CHECK(exceeded(figures_of({}, controls), {0, 0}).empty());
}

}  // namespace palimpsest::inversion
