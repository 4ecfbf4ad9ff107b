#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "autodiff/autodiff.h"
#include "ops/cpu_kernels.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "optimizers/adam.h"
#include "optimizers/gradient_shape.h"
#include "optimizers/schedule.h"
#include "runtime/evaluate.h"

namespace palimpsest::optimizers {
namespace {

const std::vector<double> start{1, -2, 3};

Literal vector(const std::vector<double>& values) {
  return Literal::of<double>({static_cast<std::int64_t>(values.size())}, values);
}

/// Of sum x^4 / 4 + x1 x2 x3.
std::vector<double> gradient_at(const std::vector<double>& x) {
  return {x[0] * x[0] * x[0] + x[1] * x[2], x[1] * x[1] * x[1] + x[0] * x[2],
          x[2] * x[2] * x[2] + x[0] * x[1]};
}

void check_near(const std::vector<double>& value, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(value[i] - expected[i]) < 1e-12);
}

std::vector<Literal> evaluated(const Function& function, const std::vector<Literal>& inputs) {
  return runtime::evaluate(function, inputs, all_cpu_kernels());
}

}  // namespace

// Expected points: torch 2.15.0 in float64.

TEST_CASE("Adam as a graph makes torch's steps") {
  Function function;
  Graph& graph = *function.graph;
  for (int k = 0; k < 4; ++k) function.inputs.push_back(graph.input({DType::f64, {3}}));
  for (int k = 0; k < 2; ++k) function.inputs.push_back(graph.input({DType::f64, {}}));
  const std::vector<Value>& in = function.inputs;
  const AdamResult result = adam(in[0], in[1], {in[2], in[3]}, {in[4], in[5]}, {});
  function.outputs = {result.variable, result.state.first, result.state.second};

  std::vector<Literal> state{vector(start), vector({0, 0, 0}), vector({0, 0, 0})};
  const std::vector<std::vector<double>> expected{
      {1.0999999998, -1.9000000002, 2.90000000004},
      {1.1991378969692719, -1.8019495867139934, 2.8004598787191917},
      {1.2964324426213372, -1.7077911129912788, 2.7017100183151306}};
  for (std::size_t t = 0; t < expected.size(); ++t) {
    const AdamNumbers numbers = adam_numbers({}, 0.1, static_cast<std::int64_t>(t + 1));
    state =
        evaluated(function, {state[0], vector(gradient_at(state[0].doubles())), state[1], state[2],
                             Literal::scalar(numbers.size), Literal::scalar(numbers.scale)});
    check_near(state[0].doubles(), expected[t]);
  }
}

TEST_CASE("differentiating through an Adam step is finite where a gradient is zero") {
  Function function;
  Graph& graph = *function.graph;
  const Value g = graph.input({DType::f64, {3}});
  const Value zero = zeros_like(g), one = full(graph, {DType::f64, {}}, 1);
  const Value moved = adam(ones_like(g), g, {zero, zero}, {one, one}, {}).variable;
  function.inputs = {g};
  function.outputs = autodiff::gradient(sum_all(moved), std::array{g});
  for (const double value : evaluated(function, {vector({0, 0.5, -2})})[0].doubles())
    CHECK(std::isfinite(value));
}

TEST_CASE("SGD with momentum and weight decay makes torch's steps") {
  const SgdSettings settings{.rate = 0.01, .momentum = 0.9, .weight_decay = 0.1};
  Function function;
  Graph& graph = *function.graph;
  const Value x = graph.input({DType::f64, {3}});
  function.inputs = {x};
  const auto gradient = [](Value at) {
    const Value power = sum_all(at * at * at * at) * 0.25;
    Value product;
    for (std::int64_t i = 0; i < 3; ++i) {
      const Value element = sum_all(
          at * at.graph().constant(vector({i == 0 ? 1.0 : 0, i == 1 ? 1.0 : 0, i == 2 ? 1.0 : 0})));
      product = product ? product * element : element;
    }
    return autodiff::gradient(power + product, std::array{at}).front();
  };
  SgdResult step{x, {}};
  for (int t = 0; t < 3; ++t) {
    step = sgd(step.variable, gradient(step.variable), step.velocity, settings);
    function.outputs.push_back(step.variable);
  }
  const std::vector<Literal> points = evaluated(function, {vector(start)});
  check_near(points[0].doubles(), {1.049, -1.948, 2.747});
  check_near(points[1].doubles(), {1.1340193535099998, -1.85414719608, 2.32969865277});
  check_near(points[2].doubles(), {1.2380153068773265, -1.7305017403284328, 1.8463798328282925});
}

TEST_CASE("a gradient is taken as it is, by its sign, or by a soft sign") {
  Function function;
  Graph& graph = *function.graph;
  const Value g = graph.input({DType::f64, {3}});
  const Value softness = full(graph, {DType::f64, {}}, 0.5);
  function.inputs = {g};
  for (const GradientShape shape :
       {GradientShape::raw, GradientShape::hard_sign, GradientShape::soft_sign})
    function.outputs.push_back(shaped(g, shape, softness));
  const std::vector<Literal> out = evaluated(function, {vector({-3, 0, 0.25})});
  CHECK(out[0].doubles() == std::vector<double>{-3, 0, 0.25});
  CHECK(out[1].doubles() == std::vector<double>{-1, 0, 1});
  check_near(out[2].doubles(), {2 * std::tanh(-1.5), 0, 2 * std::tanh(0.125)});
}

TEST_CASE("step decay divides the rate by ten at three, five and seven eighths") {
  const Schedule schedule{ScheduleKind::step_decay, 0};
  const auto factor = [&](std::int64_t iteration) { return rate_factor(schedule, iteration, 800); };
  CHECK(factor(299) == 1);
  CHECK(factor(300) == doctest::Approx(0.1));
  CHECK(factor(499) == doctest::Approx(0.1));
  CHECK(factor(500) == doctest::Approx(0.01));
  CHECK(factor(700) == doctest::Approx(0.001));
}

TEST_CASE("the cosine schedule warms up in a line and ends near zero") {
  const Schedule schedule{ScheduleKind::cosine, 50};
  CHECK(rate_factor(schedule, 0, 1050) == doctest::Approx(0.02));
  CHECK(rate_factor(schedule, 49, 1050) == 1);
  CHECK(rate_factor(schedule, 50, 1050) == 1);
  CHECK(rate_factor(schedule, 550, 1050) == doctest::Approx(0.5));
  CHECK(rate_factor(schedule, 1049, 1050) < 1e-5);
  CHECK(rate_factor({}, 700, 1050) == 1);
}

}  // namespace palimpsest::optimizers
