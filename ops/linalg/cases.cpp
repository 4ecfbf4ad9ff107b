// Test rows of matrix products, inverses and determinants.

#include "ops/linalg/linalg.h"

#include "graph/graph.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {
namespace {

constexpr int samples = 30;

/// Products of equal batches, with every combination of transpositions.
Case multiplied(Sampler& s) {
  Case c;
  const std::int64_t m = s.integer(1, 3), k = s.integer(1, 3), n = s.integer(1, 3);
  const MatMul options{.transpose_a = s.coin(), .transpose_b = s.coin()};
  std::vector<std::int64_t> a = s.integers(static_cast<std::size_t>(s.integer(0, 2)), 1, 2);
  std::vector<std::int64_t> b = a;
  a.insert(a.end(), {options.transpose_a ? k : m, options.transpose_a ? m : k});
  b.insert(b.end(), {options.transpose_b ? n : k, options.transpose_b ? k : n});
  const Value x = c.input(s.tensor(Shape(a), -1, 1)), w = c.input(s.tensor(Shape(b), -1, 1));
  c.function.outputs = {matmul(x, w, options)};
  return c;
}

/// Batches of one operand are broadcast.
Case broadcast_batches(Sampler& s) {
  Case c;
  const std::int64_t m = s.integer(1, 3), k = s.integer(1, 3), n = s.integer(1, 3);
  const Value x = c.input(s.tensor({s.integer(2, 3), m, k}, -1, 1));
  const Value w = c.input(s.tensor(s.coin() ? Shape{k, n} : Shape{1, k, n}, -1, 1));
  c.function.outputs = {s.coin() ? matmul(x, w)
                                 : matmul(w, x, {.transpose_a = true, .transpose_b = true})};
  return c;
}

/// a a^T: both operands are one node.
Case gram(Sampler& s) {
  Case c;
  const Value a = c.input(s.tensor({s.integer(1, 3), s.integer(1, 4)}, -1, 1));
  c.function.outputs = {matmul(a, a, {.transpose_b = true})};
  return c;
}

/// Matrices with a dominant diagonal of either sign, well away from singular ones.
Value regular_matrices(Case& c, Sampler& s, std::int64_t smallest) {
  const std::int64_t size = s.integer(smallest, 3);
  std::vector<std::int64_t> extents = s.integers(static_cast<std::size_t>(s.integer(0, 1)), 1, 2);
  extents.insert(extents.end(), {size, size});
  const Shape shape(extents);
  std::vector<double> values = s.tensor(shape, -0.5, 0.5).doubles();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (i % static_cast<std::size_t>(size * size) % static_cast<std::size_t>(size + 1) == 0)
      values[i] = s.coin() ? s.number(1.5, 2) : -s.number(1.5, 2);
  return c.input(Literal::of(shape, values));
}

Case inverted(Sampler& s) {
  Case c;
  const Value x = regular_matrices(c, s, 1);
  c.function.outputs = {inverse(x)};
  return c;
}

Case determined(Sampler& s) {
  Case c;
  // Of 1 x 1 matrices the determinant is linear: its computed curvature is rounding only.
  const Value x = regular_matrices(c, s, 2);
  c.function.outputs = {determinant(x)};
  return c;
}

}  // namespace

void add_linalg_cases(Rows& rows) {
  rows.add(MatMul::name, "transpositions and batches", 60, multiplied);
  rows.add(MatMul::name, "broadcast batches", samples, broadcast_batches);
  rows.add(MatMul::name, "gram", samples, gram);
  rows.add(Inverse::name, "regular", samples, inverted);
  rows.add(Determinant::name, "regular", samples, determined);
}

}  // namespace palimpsest::testing
