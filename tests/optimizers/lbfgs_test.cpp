#include "optimizers/lbfgs.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "graph/error.h"

namespace palimpsest::optimizers {
namespace {

/// A function of a vector together with the vector, cut in two variables.
struct Descent {
  std::vector<double> x, gradient;
  double (*function)(std::span<const double>, std::span<double>);
  std::size_t cut = 1;
  int evaluations = 0;

  Lbfgs<double>::Variables variables() {
    const std::span<double> all(x);
    return {all.first(cut), all.subspan(cut)};
  }
  Evaluation<double> evaluate() {
    ++evaluations;
    gradient.assign(x.size(), 0);
    const double value = function(x, gradient);
    const std::span<const double> all(gradient);
    return {value, {all.first(cut), all.subspan(cut)}};
  }
  double step(Lbfgs<double>& optimizer) {
    return optimizer.step(variables(), [this] { return evaluate(); });
  }
};

double rosenbrock(std::span<const double> x, std::span<double> g) {
  const double a = x[1] - x[0] * x[0], b = 1 - x[0];
  g[0] = -400 * x[0] * a - 2 * b;
  g[1] = 200 * a;
  return 100 * a * a + b * b;
}

/// sum i x_i^2 / 2 + cos x_i, plus (sum x_i)^4 / 10.
double quartic(std::span<const double> x, std::span<double> g) {
  double sum = 0, value = 0;
  for (const double v : x) sum += v;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto weight = static_cast<double>(i + 1);
    value += weight * x[i] * x[i] / 2 + std::cos(x[i]);
    g[i] = weight * x[i] - std::sin(x[i]) + 0.4 * sum * sum * sum;
  }
  return value + 0.1 * sum * sum * sum * sum;
}

struct Point {
  double value;  ///< before the step
  std::vector<double> x;
  int evaluations;
};

/// Rounding grows along a trajectory, hence not to the last bit.
void check_trajectory(Descent descent, const LbfgsSettings& settings,
                      const std::vector<Point>& expected) {
  Lbfgs<double> optimizer(settings);
  for (const Point& point : expected) {
    CHECK(descent.step(optimizer) == doctest::Approx(point.value).epsilon(1e-9));
    for (std::size_t i = 0; i < point.x.size(); ++i)
      CHECK(std::abs(descent.x[i] - point.x[i]) < 1e-9);
    CHECK(descent.evaluations == point.evaluations);
  }
}

const std::vector<double> quartic_start{1, -2, 3, 0.5, -0.25};

}  // namespace

// Expected points: torch 2.15.0, torch.optim.LBFGS in float64.

TEST_CASE("L-BFGS follows torch's trajectory down the Rosenbrock valley") {
  check_trajectory({.x = {-0.5, 0.3}, .gradient = {}, .function = rosenbrock},
                   {.rate = 0.5, .max_iterations = 7, .max_evaluations = 100},
                   {{2.5, {-0.5224447556299828, 0.2691487064997718}, 7},
                    {2.319281894249597, {-0.11980729805422385, -0.014795684650772647}, 14},
                    {1.3389375642461676, {0.2125955532344624, 0.021397976218595183}, 21},
                    {0.6766444937622856, {0.6213336496927269, 0.37863569559942933}, 28}});
}

TEST_CASE("L-BFGS stops where torch stops, with its default tolerances") {
  check_trajectory({.x = quartic_start, .gradient = {}, .function = quartic}, {},
                   {{22.19979858132157,
                     {0.0259204504051151, -4.377888005606986e-05, 2.8139088800970147e-05,
                      7.2177772462834515e-06, -1.0200179725230392e-05},
                     20},
                    {5.000000065855932,
                     {0.00788509921357743, -8.978077380267019e-07, -2.3115603331908374e-08,
                      4.177556831436275e-06, 2.808248914772087e-06},
                     26},
                    {5.000000000591185,
                     {0.00788509921357743, -8.978077380267019e-07, -2.3115603331908374e-08,
                      4.177556831436275e-06, 2.808248914772087e-06},
                     27}});
}

TEST_CASE("L-BFGS forgets pairs beyond its history as torch does") {
  check_trajectory({.x = quartic_start, .gradient = {}, .function = quartic},
                   {.max_iterations = 5, .history = 2},
                   {{22.19979858132157,
                     {0.5169231282601209, -0.1455458238461328, -0.01588570750004041,
                      -0.021359841108647304, 0.02889003421217836},
                     5},
                    {5.017901896313195,
                     {0.18200563489885482, 0.010441099384057701, -0.026150682757082714,
                      -0.0044923038499515, -0.04769905765669616},
                     10},
                    {5.005381897124715,
                     {0.1181960655652531, 0.003545657456940664, -0.0015188247851382589,
                      -0.0011688907657527415, -0.0008365986961709302},
                     15}});
}

TEST_CASE("L-BFGS continues bit for bit from its saved state") {
  Descent whole{.x = {-0.5, 0.3}, .gradient = {}, .function = rosenbrock};
  Lbfgs<double> uninterrupted({.rate = 0.5});
  whole.step(uninterrupted);
  Descent resumed = whole;
  Lbfgs<double> restored({.rate = 0.5});
  restored.restore(uninterrupted.state());
  for (int step = 0; step < 3; ++step) {
    whole.step(uninterrupted);
    resumed.step(restored);
  }
  CHECK(whole.x == resumed.x);
}

TEST_CASE("L-BFGS refuses a state that lacks a tensor") {
  Lbfgs<float> optimizer;
  auto state = optimizer.state();
  state.pop_back();
  CHECK_THROWS_AS(optimizer.restore(state), InputError);
}

TEST_CASE("L-BFGS reports a function that leaves the finite numbers") {
  Descent descent{.x = {1, 1}, .gradient = {}, .function = [](auto, std::span<double> g) {
                    g[0] = 1;
                    return std::nan("");
                  }};
  Lbfgs<double> optimizer;
  CHECK_THROWS_AS(descent.step(optimizer), NumericError);
}

TEST_CASE("L-BFGS stays where the gradient is zero already") {
  Descent descent{.x = {1, 1}, .gradient = {}, .function = rosenbrock};
  Lbfgs<double> optimizer;
  CHECK(descent.step(optimizer) == 0);
  CHECK(descent.x == std::vector<double>{1, 1});
  CHECK(descent.evaluations == 1);
}

}  // namespace palimpsest::optimizers
