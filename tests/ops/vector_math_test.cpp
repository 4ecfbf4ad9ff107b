// The f32 functions that the CPU computes with its own arithmetic, against the standard
// library in f64, over the floats of all magnitudes.

#include <cmath>
#include <limits>

#include "tests/support/run_kernel.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();

struct Function64 {
  const char* name;
  Op op;
  double (*exact)(double);
};

double sigmoid64(double x) { return 1 / (1 + std::exp(-x)); }
double softplus64(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

const Function64 functions[] = {
    {"exp", Exp{}, std::exp},
    {"expm1", Expm1{}, std::expm1},
    {"log", Log{}, std::log},
    {"tanh", Tanh{}, std::tanh},
    {"sigmoid", Sigmoid{}, sigmoid64},
    {"erf", Erf{}, std::erf},
    {"softplus", Softplus{}, softplus64},
};

/// Both signs of magnitudes from subnormal to huge, twenty to a factor of two.
std::vector<float> all_magnitudes() {
  std::vector<float> x;
  for (double magnitude = 1e-42; magnitude < 3e38; magnitude *= std::exp2(0.05))
    for (const double sign : {1.0, -1.0}) x.push_back(static_cast<float>(sign * magnitude));
  for (int i = -2000; i <= 2000; ++i) x.push_back(static_cast<float>(i) * 0.0531F);
  return x;
}

Literal on(const Op& op, const std::vector<float>& x) {
  return run_kernel(cpu(), op, {Literal::of(Shape{static_cast<std::int64_t>(x.size())}, x)}).value;
}

/// Distance to the exact value in units of the last place of the nearest float.
double ulps(float y, double exact) {
  const float nearest = static_cast<float>(exact);
  if (y == nearest || (std::isnan(y) && std::isnan(nearest))) return 0;
  const float next = std::nextafter(std::abs(nearest), inf);
  return std::abs(y - exact) / (static_cast<double>(next) - std::abs(nearest));
}

}  // namespace

TEST_CASE("own f32 functions are within one unit in the last place at all magnitudes") {
  const std::vector<float> x = all_magnitudes();
  for (const Function64& f : functions) {
    const Literal result = on(f.op, x);
    const std::span<const float> y = result.values<float>();
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double error = ulps(y[i], f.exact(x[i]));
      worst = error <= worst ? worst : error;  // NaN counts
    }
    CAPTURE(f.name);
    CHECK(worst <= 1);
  }
}

TEST_CASE("own f32 functions are right at zeros, infinities and NaN") {
  const std::vector<float> x{0.0F, -0.0F, inf, -inf, std::nanf("")};
  for (const Function64& f : functions) {
    const Literal result = on(f.op, x);
    CAPTURE(f.name);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float y = result.values<float>()[i];
      const auto expected = static_cast<float>(f.exact(x[i]));
      CHECK((std::isnan(expected) ? std::isnan(y) : y == expected));
    }
  }
}

}  // namespace palimpsest::testing
