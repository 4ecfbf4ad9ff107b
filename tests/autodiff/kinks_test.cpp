// What holds exactly where a function has a kink, a pole or a tie, and no difference quotient
// can judge: one value, in forward and in reverse mode, at first and second order. The numbers
// are PyTorch's, or those that the headers state (docs/language.md).

#include <cmath>
#include <numbers>

#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/nn/activation.h"
#include "ops/nn/pool.h"
#include "ops/nn/reduce.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

constexpr double inf = HUGE_VAL;

/// A function of one vector: at `at` the sum of its elements has gradient `first`, and its
/// Hessian times a vector of ones is `second`.
struct Kink {
  std::string name;
  Value (*function)(Value);
  Numbers at, first, second;
};

Value head(Value x) { return slice_axis(x, 0, 0, 1); }
Value tail(Value x) { return slice_axis(x, 0, 1, 1); }
Value greater_of_two(Value x) { return maximum(head(x), tail(x)); }
Value power_of_two(Value x) { return pow(head(x), tail(x)); }
Value product(Value x) { return nn::reduce_prod(x); }
Value norm(Value x) { return nn::l2_norm(x); }

/// Maxima of windows of two over a row of numbers, one apart.
Value pool(Value x) {
  const Value row = reshape(x, {1, 1, x.shape()[0]});
  return nn::max_pool(row, window_geometry(row.shape(), {2}, {1}, {1}, {0}, {0}));
}
Value global_pool(Value x) { return nn::global_max_pool(reshape(x, {1, 1, x.shape()[0]})); }

Value clipped(Value x, nn::ClipBorder border) {
  return nn::clip(x, full_like(x, -1), full_like(x, 1), border);
}

// clang-format off
const Kink of_one_variable[] = {
    {"relu", relu, {-1, 0, 1}, {0, 0, 1}, {0, 0, 0}},
    {"relu^2", [](Value x) { return relu(x) * relu(x); }, {-1, 0, 1}, {0, 0, 2}, {0, 0, 2}},
    {"abs", abs, {0}, {0}, {0}},
    {"abs^2", [](Value x) { return abs(x) * abs(x); }, {0}, {0}, {0}},
    {"sqrt", sqrt, {0}, {inf}, {-inf}},
    {"sign", sign, {0}, {0}, {0}},
    {"floor", floor, {1}, {0}, {0}},
    {"ceil", ceil, {1}, {0}, {0}},
    {"round", round, {0.5}, {0}, {0}},
    {"leaky_relu", [](Value x) { return nn::leaky_relu(x, 0.1); }, {0}, {0.1}, {0}},
    {"elu", [](Value x) { return nn::elu(x, 1.5); }, {0}, {1.5}, {1.5}},
    {"selu", [](Value x) { return nn::selu(x, 1.75, 2); }, {0}, {3.5}, {3.5}},
    {"celu", [](Value x) { return nn::celu(x, 2); }, {0}, {1}, {0.5}},
    {"softsign", nn::softsign, {0}, {1}, {0}},
    {"hard_sigmoid", [](Value x) { return nn::hard_sigmoid(x, 1. / 6, 0.5); }, {-3, 3}, {0, 0}, {0, 0}},
    {"hard_swish", nn::hard_swish, {-3, 3}, {0, 1}, {0, 0}},
    {"thresholded_relu", [](Value x) { return nn::thresholded_relu(x, 1); }, {1}, {0}, {0}},
    {"shrink", [](Value x) { return nn::shrink(x, 0.5, 0.5); }, {-0.5, 0.5}, {0, 0}, {0, 0}},
    {"clip that passes", [](Value x) { return clipped(x, nn::ClipBorder::pass); }, {-2, -1, 0, 1, 2}, {0, 1, 1, 1, 0}, {0, 0, 0, 0, 0}},
    {"clip that blocks", [](Value x) { return clipped(x, nn::ClipBorder::block); }, {-2, -1, 0, 1, 2}, {0, 0, 1, 0, 0}, {0, 0, 0, 0, 0}},
    {"x^0", [](Value x) { return pow(x, full_like(x, 0)); }, {0}, {0}, {0}},
    {"x^0.5", [](Value x) { return pow(x, full_like(x, 0.5)); }, {0}, {inf}, {-inf}},
    {"x^1", [](Value x) { return pow(x, full_like(x, 1)); }, {0}, {1}, {0}},
    {"x^2", [](Value x) { return pow(x, full_like(x, 2)); }, {0}, {0}, {2}},
    {"x^3", [](Value x) { return pow(x, full_like(x, 3)); }, {0}, {0}, {0}},
};

const Kink ties[] = {
    {"maximum", greater_of_two, {1, 1}, {0.5, 0.5}, {0, 0}},
    {"maximum^2", [](Value x) { return greater_of_two(x) * greater_of_two(x); }, {1, 1}, {1, 1}, {1, 1}},
    {"minimum", [](Value x) { return minimum(head(x), tail(x)); }, {1, 1}, {0.5, 0.5}, {0, 0}},
    {"reduce_max", [](Value x) { return nn::reduce_max(x); }, {3, 1, 3, 1}, {0.5, 0, 0.5, 0}, {0, 0, 0, 0}},
    {"reduce_min", [](Value x) { return nn::reduce_min(x); }, {3, 1, 3, 1}, {0, 0.5, 0, 0.5}, {0, 0, 0, 0}},
    {"max_pool", pool, {1, 1, 1}, {1, 1, 0}, {0, 0, 0}},
    {"max_pool^2", [](Value x) { return pool(x) * pool(x); }, {1, 1, 1}, {2, 2, 0}, {2, 2, 0}},
    {"global_max_pool", global_pool, {1, 2, 2}, {0, 1, 0}, {0, 0, 0}},
    {"prelu", [](Value x) { return nn::prelu(head(x), tail(x)); }, {0, 0.25}, {0.25, 0}, {1, 1}},
};

const Kink zeros[] = {
    {"product with one zero", product, {2, 0, 3}, {0, 6, 0}, {3, 5, 2}},
    {"product with two zeros", product, {0, 5, 0, 2}, {0, 0, 0, 0}, {10, 0, 10, 0}},
    {"running product", [](Value x) { return nn::cumprod(x, 0); }, {2, 0, 3}, {1, 8, 0}, {4, 6, 2}},
    {"norm", norm, {0, 0}, {0, 0}, {0, 0}},
    {"global norm", [](Value x) { return nn::global_norm(std::array{x}); }, {0, 0}, {0, 0}, {0, 0}},
    {"0^2, both variable", power_of_two, {0, 2}, {0, 0}, {2, 0}},
    {"fmod at a multiple", [](Value x) { return fmod(head(x), tail(x)); }, {6, 3}, {1, -2}, {0, 0}},
    {"determinant of 1 x 1", [](Value x) { return determinant(reshape(x, {1, 1, 1})); }, {4}, {1}, {0}},
    {"all at once", [](Value x) { return relu(x) * sqrt(relu(x) + 1.0) + norm(x); }, {0, 0}, {0, 0}, {0, 0}},
};
// clang-format on

void check(std::span<const Kink> kinks) {
  for (const Kink& kink : kinks) {
    CAPTURE(kink.name);
    Trial t;
    const Value x = t.vector(kink.at);
    const Value y = kink.function(x);
    CHECK(t.derivative(y, x) == kink.first);
    CHECK(t.forward_derivative(y, x) == kink.first);
    CHECK(t.second_derivative(y, x) == kink.second);
    CHECK(t.forward_over_reverse(y, x) == kink.second);
  }
}

}  // namespace

TEST_CASE("at each kink of one variable both derivatives are the documented ones, in both modes") {
  check(of_one_variable);
}

TEST_CASE("equals share or the first takes all, as documented, in both modes") { check(ties); }

TEST_CASE("products, norms and powers have exact derivatives at zeros, in both modes") {
  check(zeros);
}

TEST_CASE("a power with a variable exponent has finite mixed derivatives where a base is 0") {
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

}  // namespace palimpsest::testing
