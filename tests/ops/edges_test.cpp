// Numbers at the edges: NaN, infinities and saturation. Derivatives at kinks are in
// tests/autodiff/kinks_test.cpp.

#include <cmath>
#include <limits>

#include "ops/nn/activation.h"
#include "ops/nn/reduce.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Value clipped(Value x, nn::ClipBorder border) {
  return nn::clip(x, full_like(x, -1), full_like(x, 1), border);
}

}  // namespace

TEST_CASE("NaN passes through relu, maximum, minimum, clip and hard_sigmoid") {
  Trial t;
  const Value x = t.vector({nan, nan}), one = t.vector({1, 1});
  for (const Value y :
       {relu(x), maximum(x, one), maximum(one, x), minimum(x, one), minimum(one, x),
        clipped(x, nn::ClipBorder::pass), nn::hard_sigmoid(x, 0.2, 0.5), nn::reduce_max(x)})
    CHECK(std::isnan(t.numbers(y).front()));
}

TEST_CASE("the divisor of fmod has derivative -trunc(a / b)") {
  Trial t;
  const Value a = t.vector({5.5, -5.5, 6}), b = t.vector({2, 2, 3});
  CHECK(t.numbers(fmod(a, b)) == Numbers{1.5, -1.5, 0});
  CHECK(t.derivative(fmod(a, b), a) == Numbers{1, 1, 1});
  CHECK(t.derivative(fmod(a, b), b) == Numbers{-2, 2, -2});
}

TEST_CASE("saturated activations have finite derivatives to second order") {
  using Activation = Value (*)(Value);
  const Activation elu = [](Value x) { return nn::elu(x, 1.0); };
  const Activation celu = [](Value x) { return nn::celu(x, 0.5); };
  const Activation gelu = [](Value x) { return nn::gelu(x); };
  for (const Activation f : {elu, celu, gelu, nn::silu, nn::mish, nn::softsign,
                             Activation(softplus), Activation(sigmoid), Activation(tanh)}) {
    Trial t;
    const Value x = t.vector({-1e4, 1e4});
    const Value y = f(x);
    for (const Numbers& all : {t.numbers(y), t.derivative(y, x), t.second_derivative(y, x)})
      for (const double number : all) CHECK(std::isfinite(number));
  }
}

TEST_CASE("an extremum of three equal numbers is exactly that number, also when infinite") {
  for (const double number : {0.1, -0.3, inf, -inf}) {
    Trial t;
    const Value x = t.vector({number, number, number});
    CHECK(t.numbers(nn::reduce_max(x)) == Numbers{number});
    CHECK(t.numbers(nn::reduce_min(x)) == Numbers{number});
  }
}

}  // namespace palimpsest::testing
