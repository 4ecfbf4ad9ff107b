#pragma once
// One function at one point: values and derivatives of what was built on its inputs.

#include <doctest/doctest.h>

#include <array>
#include <sstream>
#include <vector>

#include "autodiff/autodiff.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "runtime/evaluate.h"
#include "tests/support/cpu.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {

struct Trial : Case {
  /// An f64 vector as the next input.
  Value vector(const std::vector<double>& values) {
    return input(Literal::of(Shape{static_cast<std::int64_t>(values.size())}, values));
  }

  Literal value(Value y, int threads = 1) {
    function.outputs = {y};
    return runtime::evaluate(function, point, cpu(), threads).front();
  }
  std::vector<double> numbers(Value y) { return value(y).doubles(); }

  /// d(sum y)/dx as a graph.
  static Value slope(Value y, Value x) { return autodiff::gradient(sum_all(y), std::array{x})[0]; }
  std::vector<double> derivative(Value y, Value x) { return numbers(slope(y, x)); }
  /// The Hessian of sum y times a vector of ones.
  std::vector<double> second_derivative(Value y, Value x) { return numbers(slope(slope(y, x), x)); }
  /// The same as `derivative`, by forward mode along one unit vector after the other.
  std::vector<double> forward_derivative(Value y, Value x) {
    std::vector<double> slopes, unit(static_cast<std::size_t>(x.shape().elements()));
    for (double& place : unit) {
      place = 1;
      const Value along = constant(Literal::of(x.shape(), unit));
      const Value pushed = autodiff::jvp(std::array{y}, std::array{x}, std::array{along})[0];
      slopes.push_back(numbers(sum_all(pushed)).front());
      place = 0;
    }
    return slopes;
  }
  /// The same as `second_derivative`, by one forward sweep over the gradient.
  std::vector<double> forward_over_reverse(Value y, Value x) { return tangent(slope(y, x), x); }
  /// dy/dx times a vector of ones by forward mode; dy/dx where y depends elementwise on x.
  std::vector<double> tangent(Value y, Value x) {
    return numbers(autodiff::jvp(std::array{y}, std::array{x}, std::array{ones_like(x)})[0]);
  }
};

using Numbers = std::vector<double>;

}  // namespace palimpsest::testing

/// Prints the numbers of a failed comparison.
template <>
struct doctest::StringMaker<palimpsest::testing::Numbers> {
  static String convert(const palimpsest::testing::Numbers& numbers) {
    std::ostringstream out;
    for (const double number : numbers) out << (&number == numbers.data() ? "" : ", ") << number;
    return out.str().c_str();
  }
};
