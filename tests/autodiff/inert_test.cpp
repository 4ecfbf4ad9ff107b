// Where no derivative flows, it is exactly zero, not small; and what is inert holds a value
// constant for its users.

#include <map>

#include "tests/support/trial.h"

using namespace palimpsest;
using namespace palimpsest::testing;

TEST_CASE("no derivative passes through an inert primitive") {
  const std::map<std::string, Value (*)(Value)> inert{
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
    Trial t;
    const Value x = t.vector({0.3, -1.7, 2.4});
    CHECK(t.derivative(entry.second(x), x) == Numbers{0, 0, 0});
    CHECK(t.forward_derivative(entry.second(x), x) == Numbers{0, 0, 0});
  }
}

TEST_CASE("a detached factor counts as a constant") {
  Trial t;
  const Value x = t.vector({3, -2});
  const Value y = x * detach(x);
  CHECK(t.numbers(y) == Numbers{9, 4});
  CHECK(t.derivative(y, x) == Numbers{3, -2});
  CHECK(t.forward_derivative(y, x) == Numbers{3, -2});
  CHECK(t.second_derivative(y, x) == Numbers{0, 0});
}

TEST_CASE("a maximum without derivative counts as a constant") {
  Trial t;
  const Value x = t.vector({1, 4, 2});
  CHECK(t.derivative(x * max_without_derivative(x), x) == Numbers{4, 4, 4});
}
