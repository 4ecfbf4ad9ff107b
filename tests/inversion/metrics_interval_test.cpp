#include "inversion/interval.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "graph/error.h"
#include "tests/support/sampler.h"

namespace palimpsest::inversion {
namespace {

std::vector<double> normal_values(std::size_t count, std::uint64_t seed) {
  testing::Sampler sampler(seed);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) {  // sums of twelve: variance 1
    double sum = -6;
    for (int k = 0; k < 12; ++k) sum += sampler.unit();
    values.push_back(sum);
  }
  return values;
}

}  // namespace

TEST_CASE("the interval of a mean is the normal one where values are many") {
  const std::vector<double> values = normal_values(400, 1);
  const Interval found = mean_interval(values);
  double mean = 0, square = 0;
  for (const double value : values) mean += value / 400;
  for (const double value : values) square += (value - mean) * (value - mean) / 400;
  const double half = 1.959964 * std::sqrt(square / 400);
  CHECK(found.mean == doctest::Approx(mean));
  // Quantiles of 10000 resamples: deviation 0.027 of the mean's, here 4 of them.
  CHECK(std::abs(found.low - (mean - half)) < 0.006);
  CHECK(std::abs(found.high - (mean + half)) < 0.006);
}

TEST_CASE("of two values three means are drawn, and the outer ones bound the interval") {
  const std::vector<double> values{0, 1};
  const Interval wide = mean_interval(values);
  CHECK(wide.mean == 0.5);
  CHECK(wide.low == 0);
  CHECK(wide.high == 1);
  // The middle one has half the probability.
  const Interval narrow = mean_interval(values, {.level = 0.4});
  CHECK(narrow.low == 0.5);
  CHECK(narrow.high == 0.5);
}

TEST_CASE("the interval holds the true mean about as often as its level says") {
  int held = 0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const std::vector<double> values = normal_values(30, 100 + trial);
    const Interval found = mean_interval(values, {.level = 0.9, .resamples = 400, .seed = trial});
    held += found.low <= 0 && 0 <= found.high;
  }
  // 180 expected, a few less at 30 values; the deviation of the count is 4.2.
  CHECK(held > 160);
  CHECK(held < 195);
}

TEST_CASE("values of a group are drawn together: copies of a value tell nothing new") {
  const std::vector<double> values = normal_values(8, 2);
  std::vector<std::vector<double>> groups;
  std::vector<double> flat;
  for (const double value : values) {
    groups.push_back(std::vector<double>(10, value));
    flat.insert(flat.end(), 10, value);
  }
  const Interval single = mean_interval(values), grouped = mean_interval(groups);
  CHECK(grouped.low == doctest::Approx(single.low));
  CHECK(grouped.high == doctest::Approx(single.high));
  const Interval blind = mean_interval(flat);
  CHECK(blind.high - blind.low < 0.5 * (single.high - single.low));
}

TEST_CASE("the mean is that of all values, also where groups have different sizes") {
  const std::vector<std::vector<double>> groups{{1, 2, 3}, {10}};
  const Interval found = mean_interval(groups);
  CHECK(found.mean == 4);
  CHECK(found.low == 2);
  CHECK(found.high == 10);
}

TEST_CASE("the draws are the seed's") {
  const std::vector<double> values = normal_values(20, 3);
  const Interval a = mean_interval(values, {.seed = 1}), b = mean_interval(values, {.seed = 1}),
                 c = mean_interval(values, {.seed = 2});
  CHECK(a.low == b.low);
  CHECK(a.high == b.high);
  CHECK(a.low != c.low);
}

TEST_CASE("one group has a mean but no interval; nothing and what is not finite are refused") {
  const Interval one = mean_interval(std::vector<double>{2});
  CHECK(one.mean == 2);
  CHECK(std::isnan(one.low));
  CHECK(std::isnan(one.high));
  CHECK_THROWS_AS(mean_interval(std::vector<double>{}), InputError);
  CHECK_THROWS_AS(mean_interval(std::vector<std::vector<double>>{{1}, {}}), InputError);
  CHECK_THROWS_AS(mean_interval(std::vector<double>{1, std::numeric_limits<double>::infinity()}),
                  InputError);
  const std::vector<double> two{1, 2};
  CHECK_THROWS_AS(mean_interval(two, {.level = 1}), InputError);
  CHECK_THROWS_AS(mean_interval(two, {.resamples = 0}), InputError);
}

}  // namespace palimpsest::inversion
