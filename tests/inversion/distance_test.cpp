#include "inversion/distance.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "autodiff/autodiff.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using small_models::kernels;

Literal vector(const std::vector<double>& values, DType dtype = DType::f64) {
  return Literal::of<double>({static_cast<std::int64_t>(values.size())}, values).converted(dtype);
}

struct Measured {
  double value;
  std::vector<double> direction, derivative;
};

/// The distance of one tensor, its closed-form direction, and what autodiff makes of the value.
Measured measured(DistanceKind kind, const Literal& a, const Literal& b, double weight = 1) {
  Function function;
  const Value x = function.graph->input(a.type());
  const Distance d = distance(kind, std::array{x}, std::array{b}, std::array{weight});
  function.inputs = {x};
  function.outputs = {d.value, d.direction[0], autodiff::gradient(d.value, std::array{x})[0]};
  const auto out = runtime::evaluate(function, std::array{a}, kernels());
  return {out[0].doubles()[0], out[1].doubles(), out[2].doubles()};
}

}  // namespace

TEST_CASE("the squared distance is the plain sum of squares") {
  const Measured found =
      measured(DistanceKind::squared_l2, vector({1, 2, 3}), vector({0, 4, 3}), 0.5);
  CHECK(found.value == doctest::Approx(2.5));
  CHECK(found.direction == std::vector<double>{1, -2, 0});
}

TEST_CASE("the l2 norms of tensors add up, and the mean of squares is by tensors") {
  Function function;
  const Value x = function.graph->input({DType::f64, {2}}),
              y = function.graph->input({DType::f64, {1}});
  function.inputs = {x, y};
  const std::vector<Literal> observed{vector({0, 0}), vector({1})};
  for (const DistanceKind kind : {DistanceKind::l2_norms, DistanceKind::mean_squared_l2})
    function.outputs.push_back(distance(kind, function.inputs, observed).value);
  const auto out =
      runtime::evaluate(function, std::vector{vector({3, -4}), vector({3})}, kernels());
  CHECK(out[0].doubles()[0] == doctest::Approx(5 + 2));
  CHECK(out[1].doubles()[0] == doctest::Approx((25 + 4) / 2.0));
}

TEST_CASE("the norm of tensors that agree has no slope") {
  const Measured found = measured(DistanceKind::l2_norms, vector({1, 2}), vector({1, 2}));
  CHECK(found.value == 0);
  CHECK(found.direction == std::vector<double>{0, 0});
  CHECK(found.derivative == std::vector<double>{0, 0});
}

TEST_CASE("the cosine distance is one minus the cosine") {
  const Measured found = measured(DistanceKind::cosine, vector({1, 2, 2}), vector({2, 0, 0}));
  CHECK(found.value == doctest::Approx(1 - 1.0 / 3));
}

TEST_CASE("the closed-form direction of each distance is its derivative") {
  for (const DistanceKind kind : {DistanceKind::squared_l2, DistanceKind::mean_squared_l2,
                                  DistanceKind::l2_norms, DistanceKind::cosine}) {
    const Measured found = measured(kind, vector({1, -2, 0.5}), vector({0.3, 1, 2}), 1.7);
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(std::abs(found.direction[i] - found.derivative[i]) < 1e-14);
  }
}

TEST_CASE("the cosine distance of nearly parallel f32 vectors keeps its digits") {
  // At an angle of 1e-4 the naive 1 - cos is 0 or negative in f32; the true value is 5e-9.
  std::vector<double> a(1000, 1.0), b = a;
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += i % 2 == 0 ? 1e-4 : -1e-4;
  const Measured found = measured(DistanceKind::cosine, vector(a, DType::f32), vector(b));
  CHECK(found.value == doctest::Approx(5e-9).epsilon(2e-3));
}

TEST_CASE("the cosine distance of f32 vectors is as accurate as their rounding allows") {
  // Against the careful formula in f64 on the same f32 numbers, down to vectors that differ by
  // less than their rounding. Sums of 1e5 products in f64 leave 1e-15 in D; the derivative loses
  // at most a rounding of a/|a| and b/|b|, which is 2^-24 of 1/|a|.
  std::vector<double> b(100'000);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = std::sin(1.7 * static_cast<double>(i)) + 0.1;
  const Literal observed = vector(b, DType::f32);
  for (const double angle : {1.0, 1e-2, 1e-4, 1e-6, 1e-8, 0.0}) {
    CAPTURE(angle);
    std::vector<double> moved = b;
    for (std::size_t i = 0; i < b.size(); ++i)
      moved[i] += angle * std::cos(0.9 * static_cast<double>(i));
    const Literal a = vector(moved, DType::f32);
    const Measured quick = measured(DistanceKind::cosine, a, observed, 2);
    const Measured careful =
        measured(DistanceKind::cosine, a.converted(DType::f64), observed.converted(DType::f64), 2);
    CHECK(std::abs(quick.value - careful.value) < 2e-15);
    double error = 0, squares = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
      error += std::pow(quick.direction[i] - careful.direction[i], 2);
      squares += 2 * moved[i] * moved[i];
    }
    CHECK(std::sqrt(error) < 3 * 0x1p-24 * std::sqrt(2 / squares));
  }
}

TEST_CASE("the distance of f32 tensors reads them once for its value and once for its derivative") {
  Function function;
  std::vector<Value> candidate;
  std::vector<Literal> observed;
  constexpr std::int64_t count = 1 << 16;
  for (int k = 0; k < 3; ++k) {
    const TensorType type{DType::f32, {count}};
    candidate.push_back(function.graph->input(type));
    observed.push_back(small_models::uniform(type, static_cast<std::uint64_t>(k)));
  }
  const Distance d = distance(DistanceKind::cosine, candidate, observed);
  function.inputs = candidate;
  function.outputs = d.direction;
  function.outputs.push_back(d.value);
  passes::PassLog log;
  const Function optimized = passes::optimize(function, runtime::evaluator(kernels()), log);
  runtime::Program program = runtime::compile(optimized, kernels());
  int reads = 0;
  for (std::uint32_t index = 0; index < optimized.graph->size(); ++index)
    for (const Value input : optimized.graph->node(index).inputs)
      reads += input.shape() == Shape{count};
  CHECK(reads == 3 * 2 * 2);
  CHECK(program.memory().arena < count * sizeof(float));
}

TEST_CASE("a candidate of norm zero is at cosine distance one and does not move") {
  const Measured found = measured(DistanceKind::cosine, vector({0, 0}), vector({1, 2}));
  CHECK(found.value == 1);
  CHECK(found.direction == std::vector<double>{0, 0});
  CHECK(found.derivative == std::vector<double>{0, 0});
}

TEST_CASE("an observed update of norm zero has no direction to match") {
  CHECK_THROWS_AS(measured(DistanceKind::cosine, vector({1, 2}), vector({0, 0})), InputError);
}

}  // namespace palimpsest::inversion
