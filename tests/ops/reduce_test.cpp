// Reductions against their definition: exact on integers, accurate on floats, and the same
// bits at any number of threads.

#include "ops/reduce/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/axes.h"
#include "tests/support/run_kernel.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

using Integers = std::vector<std::int64_t>;

struct Arrangement {
  Shape shape;
  std::vector<int> axes;
};

/// All arrangements of kept and reduced axes, short and long, and the empty ones.
const Arrangement arrangements[] = {
    {{5}, {0}},
    {{100'003}, {0}},              // everything, in several blocks
    {{4, 50'001}, {1}},            // inner axis, in several blocks
    {{3000, 7}, {1}},              // inner axis, short
    {{3000, 7}, {0}},              // outer axis, narrow
    {{300, 517}, {0}},             // outer axis, several tiles
    {{8, 5, 30, 31}, {0, 2, 3}},   // all but the channels
    {{8, 5, 3}, {0, 2}},           //
    {{6, 40, 9}, {1}},             // the middle
    {{2, 3, 4, 5, 6}, {1, 3}},     // alternating
    {{2, 3, 4, 5, 6}, {0, 2, 4}},  //
    {{3, 1, 4}, {1}},              // nothing to reduce
    {{3, 4}, {}},                  //
    {{}, {}},                      //
    {{3, 0, 4}, {1}},              // sums of nothing
    {{3, 0, 4}, {2}},              // no results
};

/// Where each element of x goes.
std::vector<std::size_t> targets(const Arrangement& each) {
  const Integers strides = kept_shape(each.shape, each.axes).strides();
  std::vector<std::size_t> result(static_cast<std::size_t>(each.shape.elements()), 0);
  for (std::size_t i = 0; i < result.size(); ++i) {
    std::int64_t place = static_cast<std::int64_t>(i);
    for (int axis = each.shape.rank(); axis-- > 0; place /= each.shape[axis])
      if (!std::ranges::binary_search(each.axes, axis))
        result[i] += static_cast<std::size_t>(place % each.shape[axis] *
                                              strides[static_cast<std::size_t>(axis)]);
  }
  return result;
}

template <class F>
Numbers folded(const Arrangement& each, const Numbers& x, double start, F f) {
  Numbers y(static_cast<std::size_t>(kept_shape(each.shape, each.axes).elements()), start);
  const auto to = targets(each);
  for (std::size_t i = 0; i < x.size(); ++i) y[to[i]] = f(y[to[i]], x[i]);
  return y;
}

double larger(double a, double b) { return std::max(a, b); }

}  // namespace

TEST_CASE("sums and maxima of integers are exact for every arrangement of axes") {
  Sampler s(21);
  for (const Arrangement& each : arrangements) {
    const Literal x = s.tensor(each.shape, -1000, 1000).converted(DType::i64);
    CAPTURE(each.shape);
    CHECK(run_kernel(cpu(), ReduceSum{each.axes}, {x}).value.doubles() ==
          folded(each, x.doubles(), 0, std::plus<>()));
    const double start = static_cast<double>(std::numeric_limits<std::int64_t>::lowest());
    CHECK(run_kernel(cpu(), ReduceMax{each.axes}, {x}).value.doubles() ==
          folded(each, x.doubles(), start, larger));
  }
}

TEST_CASE("f32 sums are the f64 sums, rounded") {
  Sampler s(22);
  for (const Arrangement& each : arrangements) {
    const Literal x = s.tensor(each.shape, -1, 1).converted(DType::f32);
    const Numbers y = run_kernel(cpu(), ReduceSum{each.axes}, {x}).value.doubles();
    const Numbers sums = folded(each, x.doubles(), 0, std::plus<>());
    CAPTURE(each.shape);
    for (std::size_t i = 0; i < y.size(); ++i)
      CHECK(std::abs(y[i] - sums[i]) <= 1e-7 * std::abs(sums[i]) + 1e-10);
  }
}

TEST_CASE("a sum has the same bits at 1, 2, 3 and 7 threads") {
  Sampler s(23);
  for (const DType dtype : {DType::f32, DType::f64})
    for (const Arrangement& each : arrangements) {
      const Literal x = s.tensor(each.shape, -1, 1).converted(dtype);
      const Literal alone = run_kernel(cpu(), ReduceSum{each.axes}, {x}, {1, {}}).value;
      for (const int threads : {2, 3, 7})
        CHECK(run_kernel(cpu(), ReduceSum{each.axes}, {x}, {threads, {}}).value == alone);
    }
}

TEST_CASE("a maximum is NaN where an element is NaN, and -inf where there is none") {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (std::size_t place = 0; place < 20; ++place) {
    Numbers values(20, 1.0);
    values[place] = nan;
    const Literal x = Literal::of(Shape{20}, values);
    CHECK(std::isnan(run_kernel(cpu(), ReduceMax{{0}}, {x}).value.doubles()[0]));
  }
  const Literal none = Literal::filled({DType::f64, {2, 0}}, 0);
  CHECK(run_kernel(cpu(), ReduceMax{{1}}, {none}).value.doubles() == Numbers{-inf, -inf});
}

TEST_CASE("prefix sums run both ways, with or without the element itself") {
  const Literal x = Literal::of<std::int64_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto sums = [&](int axis, Scan scan, Direction direction) {
    return run_kernel(cpu(), CumSum{axis, scan, direction}, {x}).value.integers();
  };
  CHECK(sums(1, Scan::inclusive, Direction::forward) == Integers{1, 3, 6, 4, 9, 15});
  CHECK(sums(1, Scan::exclusive, Direction::forward) == Integers{0, 1, 3, 0, 4, 9});
  CHECK(sums(1, Scan::inclusive, Direction::backward) == Integers{6, 5, 3, 15, 11, 6});
  CHECK(sums(1, Scan::exclusive, Direction::backward) == Integers{5, 3, 0, 11, 6, 0});
  CHECK(sums(0, Scan::inclusive, Direction::forward) == Integers{1, 2, 3, 5, 7, 9});
}

TEST_CASE("the position of a maximum obeys the tie rule and NaN wins") {
  const double nan = std::nan("");
  const Literal x = Literal::of<double>({2, 4}, {1, 7, 7, 2, nan, 9, nan, 1});
  CHECK(run_kernel(cpu(), ArgMax{1, Tie::first}, {x}).value.integers() == Integers{1, 0});
  CHECK(run_kernel(cpu(), ArgMax{1, Tie::last}, {x}).value.integers() == Integers{2, 2});
  CHECK(run_kernel(cpu(), ArgMax{0, Tie::first}, {x}).value.integers() == Integers{1, 1, 1, 0});
}

TEST_CASE("the k largest come in falling order, equal ones by position") {
  const Literal x = Literal::of<double>({2, 5}, {3, 9, 1, 9, 4, 2, 2, 2, 2, 2});
  const auto top = [&](std::int64_t k) { return run_kernel(cpu(), TopK{k}, {x}).value.integers(); };
  CHECK(top(1) == Integers{1, 0});
  CHECK(top(3) == Integers{1, 3, 4, 0, 1, 2});
  CHECK(top(5) == Integers{1, 3, 4, 0, 2, 0, 1, 2, 3, 4});
  CHECK(top(0).empty());
}

TEST_CASE("builders take negative and unordered axes, and none for all") {
  Graph graph;
  const Value x = graph.input({DType::f32, {2, 3, 4}});
  CHECK(reduce_sum(x, {-1, 0}) == reduce_sum(x, {0, 2}));
  CHECK(reduce_sum(x) == reduce_sum(x, {0, 1, 2}));
  CHECK(reduce_sum(reduce_sum(x, {1}), {1}) == reduce_sum(x, {1}));
  CHECK(sum_all(x).shape() == Shape{});
  CHECK(cumsum(x, -1) == cumsum(x, 2));
}

TEST_CASE("axes and counts that do not exist are refused") {
  Graph graph;
  const Value x = graph.input({DType::f32, {2, 3}});
  CHECK_THROWS_AS(reduce_sum(x, {2}), ShapeError);
  CHECK_THROWS_AS(reduce_sum(x, {0, -2}), ShapeError);
  CHECK_THROWS_AS(graph.add(ReduceSum{{1, 0}}, {x}), ShapeError);
  CHECK_THROWS_AS(argmax(graph.input({DType::f32, {2, 0}}), 1), ShapeError);
  CHECK_THROWS_AS(top_k(x, 4), ShapeError);
  CHECK_THROWS_AS(reduce_sum(graph.input({DType::boolean, {2}})), ShapeError);
}

}  // namespace palimpsest::testing
