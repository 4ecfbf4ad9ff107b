// Where no derivative flows, it is exactly zero, not small; and what is inert holds a value
// constant for its users.

#include <doctest/doctest.h>

#include <map>

#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "tests/support/derivatives_at.h"

using namespace palimpsest;
using namespace palimpsest::testing;

TEST_CASE("no derivative passes through an inert primitive") {
  const std::map<std::string, VectorFunction> inert{
      {"detach", detach},
      {"sign", sign},
      {"floor", floor},
      {"ceil", ceil},
      {"round", round},
      {"reduce_max", [](Value x) { return max_without_derivative(x); }},
      {"is_nan", [](Value x) { return cast(is_nan(x), DType::f64); }},
      {"is_inf", [](Value x) { return cast(is_inf(x), DType::f64); }},
      {"not", [](Value x) { return cast(logical_not(cast(x, DType::boolean)), DType::f64); }},
      {"argmax", [](Value x) { return cast(argmax(x, 0), DType::f64); }},
      {"top_k", [](Value x) { return cast(top_k(x, 2), DType::f64); }},
      {"less", [](Value x) { return cast(less(zeros_like(x), x), DType::f64); }},
      {"equal", [](Value x) { return cast(equal(x, x * 1.0), DType::f64); }},
      {"cast to i64", [](Value x) { return cast(cast(x, DType::i64), DType::f64); }}};
  for (const auto& entry : inert) {
    CAPTURE(entry.first);
    CHECK(gradient_at(entry.second, {0.3, -1.7, 2.4}) == Vector{0, 0, 0});
    CHECK(forward_gradient_at(entry.second, {0.3, -1.7, 2.4}) == Vector{0, 0, 0});
  }
}

TEST_CASE("a detached factor counts as a constant") {
  const auto half_square = [](Value x) { return x * detach(x); };
  CHECK(gradient_at(half_square, {3, -2}) == Vector{3, -2});
  CHECK(forward_gradient_at(half_square, {3, -2}) == Vector{3, -2});
  CHECK(curvature_at(half_square, {3, -2}) == Vector{0, 0});
}

TEST_CASE("a maximum without derivative counts as a constant") {
  const auto scaled = [](Value x) { return x * max_without_derivative(x); };
  CHECK(gradient_at(scaled, {1, 4, 2}) == Vector{4, 4, 4});
}
