// Values and derivatives at the points where no difference quotient can judge them. The
// expected numbers are torch's, or those that the headers state.

#include <cmath>
#include <limits>
#include <numbers>

#include "ops/movement/movement.h"
#include "ops/nn/activation.h"
#include "ops/nn/pool.h"
#include "ops/nn/reduce.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Kink {
  const char* name;
  Value (*f)(Value);
  double x, first, second;
};

// clang-format off
const Kink kinks[] = {
    {"relu", relu, 0, 0, 0},
    {"abs", abs, 0, 0, 0},
    {"sqrt", sqrt, 0, inf, -inf},
    {"sign", sign, 0, 0, 0},
    {"floor", floor, 1, 0, 0},
    {"ceil", ceil, 1, 0, 0},
    {"round", round, 0.5, 0, 0},
    {"leaky_relu", [](Value x) { return nn::leaky_relu(x, 0.1); }, 0, 0.1, 0},
    {"prelu", [](Value x) { return nn::prelu(x, full_like(x, 0.25)); }, 0, 0.25, 0},
    {"elu", [](Value x) { return nn::elu(x, 1.5); }, 0, 1.5, 1.5},
    {"selu", [](Value x) { return nn::selu(x, 1.75, 2); }, 0, 3.5, 3.5},
    {"celu", [](Value x) { return nn::celu(x, 2); }, 0, 1, 0.5},
    {"hard_sigmoid low", [](Value x) { return nn::hard_sigmoid(x, 1. / 6, 0.5); }, -3, 0, 0},
    {"hard_sigmoid high", [](Value x) { return nn::hard_sigmoid(x, 1. / 6, 0.5); }, 3, 0, 0},
    {"hard_swish low", nn::hard_swish, -3, 0, 0},
    {"hard_swish high", nn::hard_swish, 3, 1, 0},
    {"thresholded_relu", [](Value x) { return nn::thresholded_relu(x, 1); }, 1, 0, 0},
    {"shrink low", [](Value x) { return nn::shrink(x, 0.5, 0.5); }, -0.5, 0, 0},
    {"shrink high", [](Value x) { return nn::shrink(x, 0.5, 0.5); }, 0.5, 0, 0},
    {"x^2", [](Value x) { return pow(x, full_like(x, 2)); }, 0, 0, 2},
    {"x^3", [](Value x) { return pow(x, full_like(x, 3)); }, 0, 0, 0},
    {"x^0", [](Value x) { return pow(x, full_like(x, 0)); }, 0, 0, 0},
    {"x^1", [](Value x) { return pow(x, full_like(x, 1)); }, 0, 1, 0},
};
// clang-format on

Value clipped(Value x, nn::ClipBorder border) {
  return nn::clip(x, full_like(x, -1), full_like(x, 1), border);
}

}  // namespace

TEST_CASE("at each kink the first two derivatives are the documented ones, in both modes") {
  for (const Kink& kink : kinks) {
    CAPTURE(kink.name);
    Trial t;
    const Value x = t.vector({kink.x, kink.x});
    const Value y = kink.f(x);
    CHECK(t.derivative(y, x) == Numbers(2, kink.first));
    CHECK(t.tangent(y, x) == Numbers(2, kink.first));
    CHECK(t.second_derivative(y, x) == Numbers(2, kink.second));
  }
}

TEST_CASE("clip passes or blocks the cotangent at its borders, as asked") {
  Trial t;
  const Value x = t.vector({-2, -1, 0, 1, 2});
  CHECK(t.derivative(clipped(x, nn::ClipBorder::pass), x) == Numbers{0, 1, 1, 1, 0});
  CHECK(t.derivative(clipped(x, nn::ClipBorder::block), x) == Numbers{0, 0, 1, 0, 0});
}

TEST_CASE("tied operands of maximum and minimum take half of the derivative each") {
  Trial t;
  const Value a = t.vector({1, 2, 3}), b = t.vector({1, 3, 2});
  CHECK(t.derivative(maximum(a, b), a) == Numbers{0.5, 0, 1});
  CHECK(t.derivative(maximum(a, b), b) == Numbers{0.5, 1, 0});
  CHECK(t.derivative(minimum(a, b), a) == Numbers{0.5, 1, 0});
  CHECK(t.derivative(minimum(a, b), b) == Numbers{0.5, 0, 1});
}

TEST_CASE("NaN passes through relu, maximum, minimum, clip and hard_sigmoid") {
  Trial t;
  const Value x = t.vector({nan, nan}), one = t.vector({1, 1});
  for (const Value y :
       {relu(x), maximum(x, one), maximum(one, x), minimum(x, one), minimum(one, x),
        clipped(x, nn::ClipBorder::pass), nn::hard_sigmoid(x, 0.2, 0.5), nn::reduce_max(x)})
    CHECK(std::isnan(t.numbers(y).front()));
}

TEST_CASE("pow with a variable exponent has finite mixed derivatives where a base is 0") {
  Trial t;
  const Value a = t.vector({0, 0, 0, 2}), b = t.vector({0, 2, 3, 0});
  const Value y = pow(a, b);
  CHECK(t.numbers(y) == Numbers{1, 0, 0, 1});
  CHECK(t.derivative(y, a) == Numbers{0, 0, 0, 0});
  CHECK(t.derivative(y, b) == Numbers{0, 0, 0, std::numbers::ln2});
  for (const Value x : {a, b})
    for (const Value z : {a, b})
      for (const double number : t.numbers(Trial::slope(Trial::slope(y, x), z)))
        CHECK(std::isfinite(number));
  // d/db d/da a^b = 1/a at b = 0: the mask at the hole must not reach smooth places.
  CHECK(t.numbers(Trial::slope(Trial::slope(y, a), b)).back() == 0.5);
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

TEST_CASE("the norm of zeros has derivatives 0") {
  Trial t;
  const Value x = t.vector({0, 0});
  for (const Value y : {nn::l2_norm(x), nn::global_norm(std::array{x})}) {
    CHECK(t.derivative(y, x) == Numbers{0, 0});
    CHECK(t.second_derivative(y, x) == Numbers{0, 0});
  }
}

TEST_CASE("equal extrema of a reduction share the derivative") {
  Trial t;
  const Value x = t.vector({3, 1, 3, 1});
  CHECK(t.numbers(nn::reduce_max(x)) == Numbers{3});
  CHECK(t.derivative(nn::reduce_max(x), x) == Numbers{0.5, 0, 0.5, 0});
  CHECK(t.derivative(nn::reduce_min(x), x) == Numbers{0, 0.5, 0, 0.5});
}

TEST_CASE("an extremum of three equal numbers is exactly that number, also when infinite") {
  for (const double number : {0.1, -0.3, inf, -inf}) {
    Trial t;
    const Value x = t.vector({number, number, number});
    CHECK(t.numbers(nn::reduce_max(x)) == Numbers{number});
    CHECK(t.numbers(nn::reduce_min(x)) == Numbers{number});
  }
}

TEST_CASE("products with zeros have exact derivatives") {
  Trial t;
  const Value one = t.vector({2, 0, 3}), two = t.vector({0, 5, 0, 2});
  CHECK(t.derivative(nn::reduce_prod(one), one) == Numbers{0, 6, 0});
  CHECK(t.derivative(nn::reduce_prod(two), two) == Numbers{0, 0, 0, 0});
  // d2/dx_i dx_j is the product of the other two: 10 for the two zeros.
  CHECK(t.second_derivative(nn::reduce_prod(two), two) == Numbers{10, 0, 10, 0});
  CHECK(t.derivative(nn::cumprod(one, 0), one) == Numbers{1, 8, 0});
}

TEST_CASE("max pooling gives the derivative of a tie to the first place") {
  Trial t;
  const Value x = t.input(Literal::of<double>({1, 1, 2, 2}, {7, 7, 7, 7}));
  const WindowGeometry window = window_geometry(x.shape(), {2, 2}, {1, 1}, {1, 1}, {0, 0}, {0, 0});
  CHECK(t.derivative(nn::max_pool(x, window), x) == Numbers{1, 0, 0, 0});
  CHECK(t.derivative(nn::global_max_pool(x), x) == Numbers{1, 0, 0, 0});
}

TEST_CASE("a detached value has no derivative and keeps its number") {
  Trial t;
  const Value x = t.vector({2, 3});
  const Value y = x * detach(x);
  CHECK(t.numbers(y) == Numbers{4, 9});
  CHECK(t.derivative(y, x) == Numbers{2, 3});
  CHECK(t.second_derivative(y, x) == Numbers{0, 0});
}

}  // namespace palimpsest::testing
