// Indexed reads and sums: exact against their definitions, refusing every index that leaves
// its axis, with the same bits at any number of threads.

#include "ops/gather/gather.h"

#include "tests/support/run_kernel.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

using Integers = std::vector<std::int64_t>;

struct Extents {
  std::int64_t batch, rows, depth, picks, lists;
};

/// Shared and own lists of indices, deep and flat rows, work for several threads.
const Extents some[] = {{1, 4, 3, 6, 1},      {3, 4, 1, 6, 3},     {3, 4, 5, 2, 1},
                        {2, 900, 70, 800, 2}, {1, 50, 900, 80, 1}, {500, 64, 1, 150, 500},
                        {2, 3, 4, 0, 1},      {0, 3, 4, 2, 1}};

std::size_t at(std::int64_t b, std::int64_t n, std::int64_t d, const Shape& shape) {
  return static_cast<std::size_t>((b * shape[1] + n) * shape[2] + d);
}

/// Calls visit(place in [B, N, D], place in [B, K, D]) for each pair that indices connect.
template <class F>
void each_pair(const Extents& e, const Integers& indices, F visit) {
  for (std::int64_t b = 0; b < e.batch; ++b)
    for (std::int64_t k = 0; k < e.picks; ++k)
      for (std::int64_t d = 0; d < e.depth; ++d) {
        const std::int64_t list = e.lists == 1 ? 0 : b;
        const std::int64_t n = indices[static_cast<std::size_t>(list * e.picks + k)];
        visit(at(b, n, d, {e.batch, e.rows, e.depth}), at(b, k, d, {e.batch, e.picks, e.depth}));
      }
}

std::string refusal(const Op& op, const std::vector<Literal>& operands) {
  try {
    run_kernel(cpu(), op, operands);
  } catch (const NumericError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("gather reads the rows that the indices name") {
  Sampler s(31);
  for (const Extents& e : some)
    for (const DType dtype : {DType::boolean, DType::f32, DType::i64}) {
      const Literal x = s.tensor({e.batch, e.rows, e.depth}, -9, 9).converted(dtype);
      const Literal indices = s.indices({e.lists, e.picks}, e.rows);
      const Literal y = run_kernel(cpu(), Gather{}, {x, indices}, {3, {}}).value;
      Numbers expected(static_cast<std::size_t>(y.elements()));
      const Numbers from = x.doubles();
      each_pair(e, indices.integers(),
                [&](std::size_t n, std::size_t k) { expected[k] = from[n]; });
      CHECK(y.doubles() == expected);
    }
}

TEST_CASE("scatter_add sums into the rows that the indices name, in their order") {
  Sampler s(32);
  for (const Extents& e : some)
    for (const DType dtype : {DType::f64, DType::i64}) {
      const Literal x = s.tensor({e.batch, e.picks, e.depth}, -9, 9).converted(dtype);
      const Literal indices = s.indices({e.lists, e.picks}, e.rows);
      const Op op = ScatterAdd{e.rows};
      const Literal y = run_kernel(cpu(), op, {x, indices}).value;
      Numbers expected(static_cast<std::size_t>(y.elements()), 0);
      const Numbers from = x.doubles();
      each_pair(e, indices.integers(),
                [&](std::size_t n, std::size_t k) { expected[n] += from[k]; });
      CHECK(y.doubles() == expected);
      CHECK(run_kernel(cpu(), op, {x, indices}, {3, {}}).value == y);
    }
}

TEST_CASE("an index that leaves its axis is a numeric error naming it and the extent") {
  const Literal x = Literal::of<float>({1, 2, 1}, {5, 6});
  for (const std::int64_t wrong : {std::int64_t{2}, std::int64_t{-1}}) {
    const Literal indices = Literal::of<std::int64_t>({1, 2}, {1, wrong});
    CHECK(refusal(Gather{}, {x, indices}) ==
          text("gather: index in [0, 2) expected, ", wrong, " came at place 1"));
    CHECK(refusal(ScatterAdd{2}, {x, indices}) ==
          text("scatter_add: index in [0, 2) expected, ", wrong, " came at place 1"));
  }
}

TEST_CASE("take replaces an axis by the shape of the indices") {
  Trial t;
  const Value x = t.input(Literal::of<double>({2, 3}, {0, 1, 2, 3, 4, 5}));
  const Value rows = t.constant(Literal::of<std::int64_t>({2, 1}, {1, 0}));
  CHECK(take(x, rows, 0).shape() == Shape{2, 1, 3});
  CHECK(t.numbers(take(x, rows, 0)) == Numbers{3, 4, 5, 0, 1, 2});
  const Value scalar = t.constant(Literal::scalar<std::int64_t>(2));
  CHECK(take(x, scalar, -1).shape() == Shape{2});
  CHECK(t.numbers(take(x, scalar, -1)) == Numbers{2, 5});
}

TEST_CASE("take_along_axis reads one element per index, along any axis") {
  Trial t;
  const Value x = t.input(Literal::of<double>({2, 3}, {0, 1, 2, 3, 4, 5}));
  const Value columns = t.constant(Literal::of<std::int64_t>({2, 2}, {2, 0, 1, 1}));
  CHECK(t.numbers(take_along_axis(x, columns, 1)) == Numbers{2, 0, 4, 4});
  const Value rows = t.constant(Literal::of<std::int64_t>({1, 3}, {1, 0, 1}));
  CHECK(t.numbers(take_along_axis(x, rows, 0)) == Numbers{3, 1, 5});
  CHECK_THROWS_AS(take_along_axis(x, rows, 1), ShapeError);
}

TEST_CASE("operands that do not belong together are refused") {
  Graph graph;
  const Value x = graph.input({DType::f32, {2, 3, 4}});
  const auto indices = [&](DType dtype, Shape shape) { return graph.input({dtype, shape}); };
  CHECK_THROWS_AS(gather(x, indices(DType::f32, {2, 5})), ShapeError);
  CHECK_THROWS_AS(gather(x, indices(DType::i64, {3, 5})), ShapeError);
  CHECK_THROWS_AS(gather(x, indices(DType::i64, {5})), ShapeError);
  CHECK_THROWS_AS(scatter_add(x, indices(DType::i64, {2, 5}), 3), ShapeError);
  CHECK_THROWS_AS(scatter_add(x, indices(DType::i64, {2, 3}), -1), ShapeError);
}

}  // namespace palimpsest::testing
