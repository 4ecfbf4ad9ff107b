// Data movement is exact: every kernel against the definition of its primitive, element by
// element, for element sizes of 1, 4 and 8 bytes, at sizes that need all of its paths.

#include "ops/movement/movement.h"

#include <functional>
#include <numeric>

#include "tests/support/run_kernel.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

using Integers = std::vector<std::int64_t>;

Integers index_of(const Shape& shape, std::int64_t place) {
  Integers index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank(); axis-- > 0; place /= shape[axis])
    index[static_cast<std::size_t>(axis)] = place % shape[axis];
  return index;
}

std::int64_t place_of(const Shape& shape, const Integers& index) {
  const Integers strides = shape.strides();
  return std::inner_product(index.begin(), index.end(), strides.begin(), std::int64_t{0});
}

/// 0, 1, 2 ... of a dtype (all different but for bool).
Literal counted(const Shape& shape, DType dtype) {
  Integers values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::int64_t>(dtype == DType::boolean ? (i * i / 3) % 2 : i);
  return Literal::of(shape, values).converted(dtype);
}

/// The index within x that a result index reads, or nothing for padding.
using Source = std::function<std::optional<Integers>(const Integers&)>;

/// Runs `op` on counted operands of the shape and compares with the definition.
void check(const Op& op, const Shape& shape, const Source& source) {
  for (const DType dtype : {DType::boolean, DType::f32, DType::i64})
    for (const int threads : {1, 3}) {
      const Literal x = counted(shape, dtype);
      const Literal y = run_kernel(cpu(), op, {x}, {threads, {}}).value;
      const Numbers from = x.doubles(), to = y.doubles();
      std::int64_t wrong = 0;
      for (std::int64_t i = 0; i < y.elements(); ++i) {
        const auto place = source(index_of(y.shape(), i));
        const double expected = place ? from[static_cast<std::size_t>(place_of(shape, *place))] : 0;
        wrong += to[static_cast<std::size_t>(i)] != expected;
      }
      CAPTURE(op.name());
      CAPTURE(op.attributes());
      CAPTURE(dtype);
      CHECK(wrong == 0);
    }
}

void check_permute(const Shape& shape, const std::vector<int>& axes) {
  check(Permute{axes}, shape, [&](const Integers& index) {
    Integers source(index.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
      source[static_cast<std::size_t>(axes[i])] = index[i];
    return source;
  });
}

void check_broadcast(const Shape& shape, const Shape& to) {
  check(Broadcast{to}, shape, [&](Integers index) {
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (shape[axis] == 1) index[static_cast<std::size_t>(axis)] = 0;
    return index;
  });
}

void check_slice(const Shape& shape, const Slice& op) {
  check(op, shape, [&](Integers index) {
    for (std::size_t i = 0; i < index.size(); ++i) index[i] = op.start[i] + index[i] * op.step[i];
    return index;
  });
}

void check_pad(const Shape& shape, const Pad& op) {
  check(op, shape, [&](Integers index) -> std::optional<Integers> {
    for (std::size_t i = 0; i < index.size(); ++i) {
      const std::int64_t step = op.interior[i] + 1, from = index[i] - op.low[i];
      if (from < 0 || from % step != 0 || from / step >= shape[static_cast<int>(i)]) return {};
      index[i] = from / step;
    }
    return index;
  });
}

}  // namespace

TEST_CASE("permute moves every element to its place") {
  check_permute({5, 7}, {1, 0});
  check_permute({2, 3, 4}, {0, 1, 2});
  check_permute({2, 3, 4, 5}, {0, 2, 3, 1});
  check_permute({2, 3, 4, 5}, {3, 1, 0, 2});
  check_permute({3, 1, 2, 1, 4}, {4, 1, 0, 3, 2});
  check_permute({130, 517}, {1, 0});  // many tiles, with remainders, on several threads
  check_permute({3, 65, 33, 17}, {0, 3, 1, 2});
  check_permute({17, 5, 33, 41}, {2, 1, 3, 0});
  check_permute({0, 3}, {1, 0});
  check_permute({}, {});
}

TEST_CASE("broadcast repeats every element") {
  check_broadcast({1, 3, 1}, {2, 3, 4});
  check_broadcast({2, 1, 5}, {2, 4, 5});
  check_broadcast({1}, {100'000});
  check_broadcast({1, 64, 1, 1}, {9, 64, 13, 11});
  check_broadcast({700, 1}, {700, 130});
  check_broadcast({1, 130}, {700, 130});
  check_broadcast({1, 2}, {0, 2});
}

TEST_CASE("slice reads every step-th element from its start") {
  check_slice({7}, {{1}, {3}, {2}});
  check_slice({4, 6}, {{0, 1}, {2, 5}, {3, 1}});
  check_slice({300, 301}, {{3, 2}, {290, 149}, {1, 2}});
  check_slice({5}, {{5}, {0}, {1}});
}

TEST_CASE("pad surrounds and interleaves with zeros") {
  check_pad({3}, {{2}, {1}, {0}});
  check_pad({3, 4}, {{0, 1}, {2, 0}, {1, 2}});
  check_pad({250, 251}, {{1, 2}, {3, 4}, {0, 1}});
  check_pad({0, 2}, {{1, 0}, {1, 0}, {3, 0}});
}

TEST_CASE("reverse turns axes round") {
  for (const std::vector<int>& axes : {std::vector{0}, std::vector{1}, std::vector{0, 2}})
    check(Reverse{axes}, {150, 3, 121}, [&](Integers index) {
      for (const int axis : axes) {
        auto& i = index[static_cast<std::size_t>(axis)];
        i = Shape{150, 3, 121}[axis] - 1 - i;
      }
      return index;
    });
}

TEST_CASE("concat lays operands one after the other along any axis") {
  const Literal a = Literal::of<std::int64_t>({2, 1, 2}, {0, 1, 2, 3});
  const Literal b = Literal::of<std::int64_t>({2, 2, 2}, {4, 5, 6, 7, 8, 9, 10, 11});
  const Literal nothing = Literal::filled({DType::i64, {2, 0, 2}}, 0);
  const auto joined = [](int axis, const std::vector<Literal>& parts) {
    return run_kernel(cpu(), Concat{axis}, parts).value.integers();
  };
  CHECK(joined(1, {a, nothing, b}) == Integers{0, 1, 4, 5, 6, 7, 2, 3, 8, 9, 10, 11});
  CHECK(joined(0, {a, a}) == Integers{0, 1, 2, 3, 0, 1, 2, 3});
  CHECK(joined(2, {a, a}) == Integers{0, 1, 0, 1, 2, 3, 2, 3});
}

TEST_CASE("movements that change nothing return their operand") {
  Graph graph;
  const Value x = graph.input({DType::f32, {2, 3}});
  CHECK(reshape(x, {2, 3}) == x);
  CHECK(reshape(reshape(x, {6}), {2, 3}) == x);
  CHECK(permute(permute(x, {1, 0}), {-1, -2}) == x);
  CHECK(broadcast_to(x, {2, 3}) == x);
  CHECK(slice_axis(x, 1, 0, 3) == x);
  CHECK(pad(x, {0, 0}, {0, 0}) == x);
  CHECK(concat({x}, -1) == x);
  CHECK(reverse(x, {}) == x);
  CHECK(squeeze_axis(expand_axis(x, -1), 2) == x);
  CHECK(graph.size() == 4);  // only what was asked for: reshape, permute, expand
}

TEST_CASE("a broadcast of a broadcast is one broadcast") {
  Graph graph;
  const Value x = graph.input({DType::f32, {3}});
  const Value y = broadcast_to(broadcast_to(x, {2, 3}), {4, 2, 3});
  CHECK(y.shape() == Shape{4, 2, 3});
  CHECK(filling_of(broadcast_to(full(graph, {DType::f32, {3}}, 2), {2, 3})) == 2.0);
}

TEST_CASE("movements that leave their operand are refused before anything is allocated") {
  Graph graph;
  const Value x = graph.input({DType::f32, {2, 3}});
  CHECK_THROWS_AS(reshape(x, {5}), ShapeError);
  CHECK_THROWS_AS(permute(x, {0}), ShapeError);
  CHECK_THROWS_AS(permute(x, {0, 0}), ShapeError);
  CHECK_THROWS_AS(broadcast_to(x, {3, 3}), ShapeError);
  CHECK_THROWS_AS(broadcast_to(x, {3}), ShapeError);
  CHECK_THROWS_AS(slice_axis(x, 1, 2, 2), ShapeError);
  CHECK_THROWS_AS(slice_axis(x, 1, 0, 2, 0), ShapeError);
  CHECK_THROWS_AS(slice_axis(x, 1, 0, 2, std::int64_t{1} << 62), ShapeError);
  CHECK_THROWS_AS(pad(x, {-1, 0}, {0, 0}), ShapeError);
  CHECK_THROWS_AS(pad(x, {0, 0}, {0, 0}, {0, std::int64_t{1} << 62}), ShapeError);
  CHECK_THROWS_AS(concat({x, broadcast_to(x, {1, 2, 3})}, 0), ShapeError);
  CHECK_THROWS_AS(concat({x, cast(x, DType::f64)}, 0), ShapeError);
  CHECK_THROWS_AS(reverse(x, {0, -2}), ShapeError);
  CHECK_THROWS_AS(squeeze_axis(x, 0), ShapeError);
  CHECK_THROWS_AS(expand_axis(x, 4), ShapeError);
}

}  // namespace palimpsest::testing
