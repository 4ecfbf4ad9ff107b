#pragma once
// Small functions for the tests of passes, and their comparison by value.

#include <doctest/doctest.h>

#include <cmath>

#include "graph/sources.h"
#include "ops/cpu_kernels.h"
#include "runtime/evaluate.h"

namespace palimpsest::testing {

/// y = f(x) with one f64 input.
template <class F>
Function unary_function(Shape shape, F f) {
  Function function;
  function.inputs = {function.graph->input({DType::f64, std::move(shape)}, "x")};
  function.outputs = {f(function.inputs[0])};
  return function;
}

inline std::vector<Literal> evaluated(const Function& f, const std::vector<Literal>& inputs) {
  return runtime::evaluate(f, inputs, all_cpu_kernels());
}

/// Numbers of both signs, none of them special.
inline Literal sample(const TensorType& type, double shift = 0) {
  std::vector<double> values(static_cast<std::size_t>(type.shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(1.7 * static_cast<double>(i) + 0.3 + shift);
  return Literal::of<double>(type.shape, values).converted(type.dtype);
}

inline std::vector<Literal> samples_for(const Function& f) {
  std::vector<Literal> inputs;
  for (const Value input : f.inputs)
    inputs.push_back(sample(input.type(), static_cast<double>(inputs.size())));
  return inputs;
}

/// Equal up to a few roundings of f64, NaN matching NaN.
inline void check_equal_results(const Function& a, const Function& b) {
  const auto expected = evaluated(a, samples_for(a)), computed = evaluated(b, samples_for(b));
  REQUIRE(expected.size() == computed.size());
  for (std::size_t output = 0; output < expected.size(); ++output) {
    REQUIRE(expected[output].type() == computed[output].type());
    const auto x = expected[output].doubles(), y = computed[output].doubles();
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!(std::isnan(x[i]) && std::isnan(y[i])) && x[i] != y[i])
        CHECK(std::abs(x[i] - y[i]) <= 1e-13 * std::max(1.0, std::abs(x[i])));
  }
}

/// Names of the reachable primitives in index order, inputs and constants aside: "exp mul".
inline std::string primitives_of(const Function& f) {
  std::string names;
  const std::vector<bool> marked = reachable(f);
  for (std::uint32_t index = 0; index < f.graph->size(); ++index) {
    const Op& op = f.graph->node(index).op;
    if (marked[index] && !op.as<Input>() && !op.as<Constant>())
      names += text(names.empty() ? "" : " ", op.name());
  }
  return names;
}

}  // namespace palimpsest::testing
