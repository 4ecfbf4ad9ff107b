// What holds exactly where a function has a kink, a pole or a tie: one value, in forward and
// in reverse mode, at first and second order. The values are PyTorch's (docs/language.md).

#include <doctest/doctest.h>

#include <cmath>

#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/nn/activation.h"
#include "ops/nn/pool.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "tests/support/derivatives_at.h"

using namespace palimpsest;
using namespace palimpsest::testing;

namespace {

constexpr double infinity = HUGE_VAL;

struct Kink {
  std::string name;
  VectorFunction function;
  Vector at, expected;
};

Value first(Value x) { return slice_axis(x, 0, 0, 1); }
Value second(Value x) { return slice_axis(x, 0, 1, 1); }

/// Windows of two over a row of numbers, one apart.
Value pool_of_two(Value x) {
  const Value row = reshape(x, {1, 1, x.shape()[0]});
  return nn::max_pool(row, window_geometry(row.shape(), {2}, {1}, {1}, {0}, {0}));
}

Value clipped(Value x, nn::ClipBorder border) {
  return nn::clip(x, full_like(x, -1), full_like(x, 1), border);
}

std::vector<Kink> unary_kinks() {
  return {
      {"relu", relu, {0}, {0}},
      {"abs", abs, {0}, {0}},
      {"sqrt", sqrt, {0}, {infinity}},
      {"sign", sign, {0}, {0}},
      {"floor, ceil and round", [](Value x) { return floor(x) + ceil(x) + round(x); }, {1}, {0}},
      {"leaky_relu", [](Value x) { return nn::leaky_relu(x, 0.01); }, {0}, {0.01}},
      {"elu", [](Value x) { return nn::elu(x, 0.75); }, {0}, {0.75}},
      {"selu", [](Value x) { return nn::selu(x, 1.75, 1.5); }, {0}, {2.625}},
      {"celu", [](Value x) { return nn::celu(x, 1.25); }, {0}, {1}},
      {"softsign", nn::softsign, {0}, {1}},
      {"hard_sigmoid", [](Value x) { return nn::hard_sigmoid(x, 0.125, 0.5); }, {-4, 4}, {0, 0}},
      {"hard_swish", nn::hard_swish, {-3, 3}, {0, 1}},
      {"thresholded_relu", [](Value x) { return nn::thresholded_relu(x, 1); }, {1}, {0}},
      {"shrink", [](Value x) { return nn::shrink(x, 0, 0.5); }, {-0.5, 0.5}, {0, 0}},
      {"clip that passes at its bounds",
       [](Value x) { return clipped(x, nn::ClipBorder::pass); },
       {-1, 1},
       {1, 1}},
      {"clip that blocks at its bounds",
       [](Value x) { return clipped(x, nn::ClipBorder::block); },
       {-1, 1},
       {0, 0}},
  };
}

std::vector<Kink> tie_kinks() {
  return {
      {"maximum of equals",
       [](Value x) { return maximum(first(x), second(x)); },
       {1, 1},
       {0.5, 0.5}},
      {"minimum of equals",
       [](Value x) { return minimum(first(x), second(x)); },
       {1, 1},
       {0.5, 0.5}},
      {"reduce_max shares",
       [](Value x) { return nn::reduce_max(x); },
       {1, 2, 2, 0, 2},
       {0, 1.0 / 3, 1.0 / 3, 0, 1.0 / 3}},
      {"reduce_min shares", [](Value x) { return nn::reduce_min(x); }, {1, 1, 2}, {0.5, 0.5, 0}},
      {"max_pool takes the first", pool_of_two, {1, 1, 1}, {1, 1, 0}},
      {"global_max_pool takes the first",
       [](Value x) {
         return nn::global_max_pool(reshape(x, {1, 1, 3}));
       },
       {1, 2, 2},
       {0, 1, 0}},
      {"prelu", [](Value x) { return nn::prelu(first(x), second(x)); }, {0, 0.25}, {0.25, 0}},
  };
}

std::vector<Kink> pole_kinks() {
  return {
      {"product with one zero", [](Value x) { return nn::reduce_prod(x); }, {2, 0, 3}, {0, 6, 0}},
      {"product with two zeros", [](Value x) { return nn::reduce_prod(x); }, {2, 0, 0}, {0, 0, 0}},
      {"running product with a zero",
       [](Value x) { return nn::cumprod(x, 0); },
       {2, 0, 3},
       {1, 8, 0}},
      {"l2_norm of zeros", [](Value x) { return nn::l2_norm(x); }, {0, 0}, {0, 0}},
      {"square root as a power",
       [](Value x) { return pow(x, full_like(x, 0.5)); },
       {0},
       {infinity}},
      {"power 0 of 0", [](Value x) { return pow(x, full_like(x, 0)); }, {0}, {0}},
      {"power 1 of 0", [](Value x) { return pow(first(x), second(x)); }, {0, 1}, {1, 0}},
      {"power 2 of 0", [](Value x) { return pow(first(x), second(x)); }, {0, 2}, {0, 0}},
      {"variable power 0 of 0", [](Value x) { return pow(first(x), second(x)); }, {0, 0}, {0, 0}},
      {"fmod at a multiple", [](Value x) { return fmod(first(x), second(x)); }, {4, 2}, {1, -2}},
  };
}

std::vector<Kink> second_order_kinks() {
  return {
      {"relu", relu, {-1, 0, 1}, {0, 0, 0}},
      {"square of relu", [](Value x) { return relu(x) * relu(x); }, {-1, 0, 1}, {0, 0, 2}},
      {"abs", abs, {0}, {0}},
      {"square of abs", [](Value x) { return abs(x) * abs(x); }, {0}, {0}},
      {"maximum of equals, squared",
       [](Value x) {
         const Value y = maximum(first(x), second(x));
         return y * y;
       },
       {1, 1},
       {1, 1}},
      {"max_pool, squared",
       [](Value x) { return pool_of_two(x) * pool_of_two(x); },
       {1, 1, 1},
       {2, 2, 0}},
      {"product with one zero", [](Value x) { return nn::reduce_prod(x); }, {2, 0, 3}, {3, 5, 2}},
      {"product with two zeros", [](Value x) { return nn::reduce_prod(x); }, {2, 0, 0}, {0, 2, 2}},
      {"l2_norm of zeros", [](Value x) { return nn::l2_norm(x); }, {0, 0}, {0, 0}},
      {"power 2 of 0", [](Value x) { return pow(x, full_like(x, 2)); }, {0}, {2}},
      {"power 3 of 0", [](Value x) { return pow(x, full_like(x, 3)); }, {0}, {0}},
      {"leaky_relu", [](Value x) { return nn::leaky_relu(x, 0.01); }, {0}, {0}},
      {"hard_swish", nn::hard_swish, {-3, 3}, {0, 0}},
  };
}

void check_gradients_of(const std::vector<Kink>& kinks) {
  for (const Kink& kink : kinks) {
    CAPTURE(kink.name);
    CHECK(gradient_at(kink.function, kink.at) == kink.expected);
    CHECK(forward_gradient_at(kink.function, kink.at) == kink.expected);
  }
}

}  // namespace

TEST_CASE("derivatives at the kinks of one variable have their documented values") {
  check_gradients_of(unary_kinks());
}

TEST_CASE("derivatives at ties have their documented values") { check_gradients_of(tie_kinks()); }

TEST_CASE("derivatives at zeros of products, norms and powers have their documented values") {
  check_gradients_of(pole_kinks());
}

TEST_CASE("second derivatives at kinks have their documented values by either route") {
  for (const Kink& kink : second_order_kinks()) {
    CAPTURE(kink.name);
    CHECK(curvature_at(kink.function, kink.at) == kink.expected);
    CHECK(reverse_curvature_at(kink.function, kink.at) == kink.expected);
  }
}

TEST_CASE("the derivative of a relu network is finite at an input of zeros") {
  const auto network = [](Value x) { return relu(x) * sqrt(relu(x) + 1.0) + nn::l2_norm(x); };
  for (const double slope : gradient_at(network, {0, 0, 0})) CHECK(slope == 0);
}

TEST_CASE("the determinant of a 1 x 1 matrix has derivative one") {
  const auto f = [](Value x) { return determinant(reshape(x, {1, 1, 1})); };
  CHECK(gradient_at(f, {4}) == Vector{1});
}
