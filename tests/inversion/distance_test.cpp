#include "inversion/distance.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "autodiff/autodiff.h"
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

TEST_CASE("the cosine distance is one minus the cosine") {
  const Measured found = measured(DistanceKind::cosine, vector({1, 2, 2}), vector({2, 0, 0}));
  CHECK(found.value == doctest::Approx(1 - 1.0 / 3));
}

TEST_CASE("the closed-form direction of each distance is its derivative") {
  for (const DistanceKind kind : {DistanceKind::squared_l2, DistanceKind::cosine}) {
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
