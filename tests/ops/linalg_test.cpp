#include "ops/linalg/linalg.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/graph.h"
#include "ops/movement/movement.h"
#include "runtime/evaluate.h"
#include "tests/support/cpu.h"
#include "tests/support/indices.h"
#include "tests/support/run_kernel.h"

namespace palimpsest::testing {
namespace {

Literal evaluated(const Op& op, const std::vector<Literal>& operands) {
  return runtime::evaluator(cpu())(op, operands);
}

struct Extents {
  std::int64_t count, m, k, n;
};

Shape matrix_shape(std::int64_t count, std::int64_t rows, std::int64_t columns, bool swapped) {
  return swapped ? Shape{count, columns, rows} : Shape{count, rows, columns};
}

std::size_t matrix_place(const Extents&, const Shape& shape, std::int64_t matrix, std::int64_t row,
                         std::int64_t column, bool swapped) {
  if (swapped) std::swap(row, column);
  return static_cast<std::size_t>((matrix * shape[1] + row) * shape[2] + column);
}

/// The definition, in integers.
Literal product(const MatMul& op, const Extents& e, const Literal& a, const Literal& b) {
  const auto as = a.values<std::int64_t>(), bs = b.values<std::int64_t>();
  Integers sums;
  for (std::int64_t matrix = 0; matrix < e.count; ++matrix)
    for (std::int64_t i = 0; i < e.m; ++i)
      for (std::int64_t j = 0; j < e.n; ++j) {
        std::int64_t sum = 0;
        for (std::int64_t k = 0; k < e.k; ++k)
          sum += as[matrix_place(e, a.shape(), matrix, i, k, op.transpose_a)] *
                 bs[matrix_place(e, b.shape(), matrix, k, j, op.transpose_b)];
        sums.push_back(sum);
      }
  return Literal::of(Shape{e.count, e.m, e.n}, sums);
}

void check_product(Sampler& s, const MatMul& op, const Extents& e) {
  const Literal a = small_integers(s, matrix_shape(e.count, e.m, e.k, op.transpose_a));
  const Literal b = small_integers(s, matrix_shape(e.count, e.k, e.n, op.transpose_b));
  const Literal expected = product(op, e, a, b);
  CAPTURE(a.shape());
  CAPTURE(b.shape());
  CAPTURE(op.attributes());
  for (const DType dtype : {DType::f32, DType::f64})
    for (const KernelRun& options : {KernelRun{1, {}}, KernelRun{2, {1}}}) {
      const KernelResult result =
          run_kernel(cpu(), op, {a.converted(dtype), b.converted(dtype)}, options);
      CAPTURE(dtype);
      CAPTURE(result.algorithm);
      CHECK(result.value == expected.converted(dtype));
    }
}

/// Largest |x - y|, both f64.
double distance(const Literal& x, const Literal& y) {
  double largest = 0;
  for (std::size_t i = 0; i < x.doubles().size(); ++i)
    largest = std::max(largest, std::abs(x.doubles()[i] - y.doubles()[i]));
  return largest;
}

std::string error_of(const Op& op, const std::vector<TensorType>& types) {
  try {
    (void)op.infer(types);
  } catch (const ShapeError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("products of matrices equal their definition on sampled extents") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Sampler s(seed);
    CAPTURE(seed);
    check_product(s, {s.coin(), s.coin()},
                  {s.integer(1, 3), s.integer(1, 20), s.integer(1, 20), s.integer(1, 20)});
  }
}

TEST_CASE("products of matrices larger than a block equal their definition") {
  Sampler s(1);
  for (const bool transpose_a : {false, true})
    for (const bool transpose_b : {false, true}) {
      check_product(s, {transpose_a, transpose_b}, {1, 70, 300, 131});
      check_product(s, {transpose_a, transpose_b}, {2, 129, 257, 40});
    }
}

TEST_CASE("a product over nothing is zero, a product of nothing is empty") {
  Sampler s(1);
  check_product(s, {}, {2, 3, 0, 4});
  check_product(s, {}, {0, 3, 2, 4});
  check_product(s, {}, {2, 0, 3, 4});
}

TEST_CASE("products name the extents that do not fit") {
  const TensorType a{DType::f32, {2, 3}}, b{DType::f32, {4, 5}}, d{DType::f64, {3, 5}};
  CHECK(error_of(MatMul{}, {a, b}).find("inner extents differ") != std::string::npos);
  CHECK(error_of(MatMul{}, {a, d}).find("one dtype") != std::string::npos);
  CHECK(error_of(MatMul{}, {a, {DType::f32, {3}}}).find("rank 2 or more") != std::string::npos);
  CHECK(error_of(Inverse{}, {a}).find("square matrices") != std::string::npos);
  CHECK(error_of(Determinant{}, {a}).find("square matrices") != std::string::npos);
}

TEST_CASE("the builder of products broadcasts leading axes as numpy does") {
  Sampler s(1);
  const Literal a = small_integers(s, {2, 1, 3, 4}), b = small_integers(s, {5, 4, 6});
  Function f;
  const Value x = f.graph->input({DType::f64, a.shape()}),
              y = f.graph->input({DType::f64, b.shape()});
  f.inputs = {x, y};
  f.outputs = {matmul(x, y)};
  REQUIRE(f.outputs[0].shape() == Shape{2, 5, 3, 6});
  const std::vector<Literal> operands{a.converted(DType::f64), b.converted(DType::f64)};
  const auto values = runtime::evaluate(f, operands, cpu()).front().doubles();
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 5; ++j) {
      const auto matrix_of = [](const Literal& t, std::int64_t index) {
        const Shape shape{1, t.shape()[-2], t.shape()[-1]};
        const auto all = t.values<std::int64_t>();
        return Literal::of(shape, all.subspan(static_cast<std::size_t>(index * shape.elements()),
                                              static_cast<std::size_t>(shape.elements())));
      };
      const auto expected = product({}, {1, 3, 4, 6}, matrix_of(a, i), matrix_of(b, j)).doubles();
      CHECK(std::equal(expected.begin(), expected.end(), values.begin() + (i * 5 + j) * 18));
    }
}

TEST_CASE("one right matrix for a batch is not repeated") {
  Graph graph;
  const Value a = graph.input({DType::f32, {7, 2, 3, 4}}), b = graph.input({DType::f32, {4, 5}});
  CHECK(matmul(a, b).shape() == Shape{7, 2, 3, 5});
  for (std::uint32_t i = 0; i < graph.size(); ++i)
    CHECK(graph.node(i).op.as<Broadcast>() == nullptr);
}

TEST_CASE("the transposes of a product are its adjoints") {
  for (const bool transpose_a : {false, true})
    for (const bool transpose_b : {false, true}) {
      Sampler s(1);
      const MatMul op{transpose_a, transpose_b};
      const std::vector<Literal> data{
          small_integers(s, matrix_shape(2, 3, 4, transpose_a)).converted(DType::f64),
          small_integers(s, matrix_shape(2, 4, 5, transpose_b)).converted(DType::f64),
          small_integers(s, {2, 3, 5}).converted(DType::f64)};
      Function f;
      for (const Literal& literal : data) f.inputs.push_back(f.graph->input(literal.type()));
      const Value y = f.graph->add(op, {f.inputs[0], f.inputs[1]});
      f.outputs = {y, op.transpose(0, f.inputs, f.inputs[2]),
                   op.transpose(1, f.inputs, f.inputs[2])};
      const std::vector<Literal> out = runtime::evaluate(f, data, cpu());
      const auto inner = [](const Literal& p, const Literal& q) {
        double sum = 0;  // of integers: exact
        for (std::size_t i = 0; i < p.doubles().size(); ++i) sum += p.doubles()[i] * q.doubles()[i];
        return sum;
      };
      CHECK(inner(out[0], data[2]) == inner(data[0], out[1]));
      CHECK(inner(out[0], data[2]) == inner(data[1], out[2]));
    }
}

TEST_CASE("a matrix times its inverse is the identity") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Sampler s(seed);
    const std::int64_t n = s.integer(1, 12);
    std::vector<double> x = s.tensor({2, n, n}, -1, 1).doubles(), one(x.size(), 0.0);
    for (std::int64_t i = 0; i < 2 * n; ++i) {
      const auto diagonal = static_cast<std::size_t>(i * n + i % n);
      x[diagonal] += 3 * std::sqrt(static_cast<double>(n));  // far from singular
      one[diagonal] = 1;
    }
    const Literal matrix = Literal::of(Shape{2, n, n}, x),
                  identity = Literal::of(Shape{2, n, n}, one);
    const Literal y = run_kernel(cpu(), Inverse{}, {matrix}).value;
    CHECK(distance(evaluated(MatMul{}, {matrix, y}), identity) < 1e-14 * static_cast<double>(n));
  }
}

TEST_CASE("a zero on the diagonal does not stop the inverse or the determinant") {
  const Literal x = Literal::of<double>({3, 3}, {0, 2, 0, 0, 0, 4, 1, 0, 0});
  CHECK(run_kernel(cpu(), Inverse{}, {x}).value ==
        Literal::of<double>({3, 3}, {0, 0, 1, 0.5, 0, 0, 0, 0.25, 0}));
  CHECK(run_kernel(cpu(), Determinant{}, {x}).value == Literal::scalar(8.0));
}

TEST_CASE("a singular matrix has infinities as its inverse and determinant zero") {
  const Literal x = Literal::of<float>({2, 2}, {1, 2, 2, 4});
  for (const double element : run_kernel(cpu(), Inverse{}, {x}).value.doubles())
    CHECK(element == std::numeric_limits<double>::infinity());
  CHECK(run_kernel(cpu(), Determinant{}, {x}).value == Literal::scalar(0.0f));
}

TEST_CASE("determinants equal the expansion over permutations") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Sampler s(seed);
    const int n = static_cast<int>(s.integer(1, 5));
    const Literal x = small_integers(s, {2, n, n});
    const auto values = x.values<std::int64_t>();
    std::vector<double> expected;
    for (int matrix = 0; matrix < 2; ++matrix) {
      std::vector<int> columns;
      for (int i = 0; i < n; ++i) columns.push_back(i);
      std::int64_t sum = 0;
      do {
        std::int64_t term = 1;
        for (int i = 0; i < n; ++i) {
          term *= values[static_cast<std::size_t>((matrix * n + i) * n +
                                                  columns[static_cast<std::size_t>(i)])];
          for (int j = 0; j < i; ++j)
            if (columns[static_cast<std::size_t>(j)] > columns[static_cast<std::size_t>(i)])
              term = -term;
        }
        sum += term;
      } while (std::next_permutation(columns.begin(), columns.end()));
      expected.push_back(static_cast<double>(sum));
    }
    const Literal y = run_kernel(cpu(), Determinant{}, {x.converted(DType::f64)}).value;
    CHECK(distance(y, Literal::of(Shape{2}, expected)) < 1e-10);
  }
}

TEST_CASE("a constant right matrix is packed once and then not needed any more") {
  Sampler s(1);
  const Literal a = s.tensor({40, 64}, -1, 1).converted(DType::f32);
  const Literal b = s.tensor({64, 48}, -1, 1).converted(DType::f32);
  const KernelResult result = run_kernel(cpu(), MatMul{}, {a, b}, {1, {1}});
  CHECK(result.absorbed[1] == (result.resident_bytes > 0));
  CHECK_FALSE(run_kernel(cpu(), MatMul{}, {a, b}).absorbed[1]);
}

TEST_CASE("a few rows of f32 are summed in f64, whichever way the right matrix lies") {
  std::vector<float> row(32, 0.0F);
  row[0] = 1;
  row[1] = 0x1p25F;  // 1 + 2^25 is 2^25 in f32
  row[2] = -0x1p25F;
  const Literal a = Literal::of<float>({1, 32}, row);
  const Literal ones = Literal::filled({DType::f32, {32, 2}}, 1);
  const Literal expected = Literal::of<float>({1, 2}, {1, 1});
  CHECK(run_kernel(cpu(), MatMul{}, {a, ones}).value == expected);
  CHECK(run_kernel(cpu(), MatMul{.transpose_b = true}, {a, ones.reshaped({2, 32})}).value ==
        expected);
}

TEST_CASE("our own product allocates nothing when it runs") {
  Sampler s(1);
  const Literal a = s.tensor({3, 40, 300}, -1, 1), b = s.tensor({3, 300, 48}, -1, 1);
  const KernelResult result = run_kernel(cpu(), MatMul{}, {a, b}, {2, {}});
  CHECK(result.algorithm == "own:gemm");
  CHECK(result.allocations == 0);
}

}  // namespace palimpsest::testing
