// Counters and random numbers. Philox is held to the vectors of its authors (Random123,
// kat_vectors), the arithmetic behind normal numbers to the standard library.

#include "ops/source/source.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "ops/source/draw.h"
#include "tests/support/run_kernel.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

using Integers = std::vector<std::int64_t>;
using Words = std::vector<std::uint32_t>;

Words words(std::uint64_t low, std::uint64_t high, std::uint64_t key) {
  const PhiloxBlock block = philox(low, high, key);
  return Words(block.word, block.word + 4);
}

Literal drawn(const Random& options, std::int64_t step, int threads = 1) {
  return run_kernel(cpu(), options, {Literal::scalar(step)}, {threads, {}}).value;
}

Random options(Distribution distribution, DType dtype, std::int64_t count) {
  return {{dtype, {count}}, distribution, 42, 7};
}

double moment(const Numbers& x, int power) {
  const auto add = [&](double sum, double each) { return sum + std::pow(each, power); };
  return std::accumulate(x.begin(), x.end(), 0.0, add) / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE("Philox 4x32-10 gives the words that its authors publish") {
  CHECK(words(0, 0, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint64_t ones = ~std::uint64_t{0};
  CHECK(words(ones, ones, ones) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(words(0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("the kernel draws exactly the elements of the stream, at any number of threads") {
  for (const auto distribution : {Distribution::uniform, Distribution::normal})
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Random random = options(distribution, dtype, 20'001);
      const Literal y = drawn(random, 5);
      CHECK(drawn(random, 5, 3) == y);
      Numbers expected;
      for (std::uint64_t i = 0; i < 20'001; ++i) expected.push_back(random_element(random, 5, i));
      CHECK(y == Literal::of(Shape{20'001}, expected).converted(dtype));
    }
}

TEST_CASE("another seed, stream or step is another sequence") {
  const Random base = options(Distribution::uniform, DType::f64, 64);
  Random seed = base, stream = base;
  ++seed.seed;
  ++stream.stream;
  const Literal y = drawn(base, 0);
  CHECK_FALSE(drawn(seed, 0) == y);
  CHECK_FALSE(drawn(stream, 0) == y);
  CHECK_FALSE(drawn(base, 1) == y);
  CHECK(drawn(base, 0) == y);
}

TEST_CASE("uniform numbers fill [0, 1) and normal numbers have the moments of N(0, 1)") {
  constexpr std::int64_t count = 400'000;  // standard error of a mean: 0.0016
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Numbers u = drawn(options(Distribution::uniform, dtype, count), 0).doubles();
    CHECK(*std::ranges::min_element(u) >= 0);
    CHECK(*std::ranges::max_element(u) < 1);
    CHECK(std::abs(moment(u, 1) - 1.0 / 2) < 0.003);
    CHECK(std::abs(moment(u, 2) - 1.0 / 3) < 0.003);
    const Numbers n = drawn(options(Distribution::normal, dtype, count), 0).doubles();
    CHECK(std::abs(moment(n, 1)) < 0.008);
    CHECK(std::abs(moment(n, 2) - 1) < 0.012);
    CHECK(std::abs(moment(n, 3)) < 0.03);
    CHECK(std::abs(moment(n, 4) - 3) < 0.08);
  }
}

TEST_CASE("the logarithm of Box and Muller's transform is that of the library to rounding") {
  for (double u = 1; u > 1e-16; u *= 0.93)
    CHECK(std::abs(log_of_unit(u) - std::log(u)) <= 4e-16 * std::max(1.0, -std::log(u)));
  CHECK(log_of_unit(1) == 0);
}

TEST_CASE("its cosine and sine are those of the library to rounding") {
  for (int i = 0; i < 4096; ++i) {
    const double u = i / 4096.0 + 1e-5;
    const Angle angle = angle_of_turn(u);
    CHECK(std::abs(angle.cosine - std::cos(2 * std::numbers::pi * u)) < 1e-15);
    CHECK(std::abs(angle.sine - std::sin(2 * std::numbers::pi * u)) < 1e-15);
  }
}

TEST_CASE("iota counts along its axis") {
  const auto counted = [](const Shape& shape, int axis) {
    return run_kernel(cpu(), Iota{shape, axis}, {}).value.integers();
  };
  CHECK(counted({2, 3}, 0) == Integers{0, 0, 0, 1, 1, 1});
  CHECK(counted({2, 3}, 1) == Integers{0, 1, 2, 0, 1, 2});
  CHECK(counted({2, 0}, 1).empty());
}

TEST_CASE("random tensors are of floats and follow an integer step") {
  Graph graph;
  const Value step = graph.input({DType::i64, {}});
  CHECK_THROWS_AS(random(step, {{DType::i64, {2}}}), ShapeError);
  CHECK_THROWS_AS(random(graph.input({DType::f32, {}}), {{DType::f32, {2}}}), ShapeError);
  CHECK_THROWS_AS(iota(graph, {2}, 1), ShapeError);
}

}  // namespace palimpsest::testing
