#pragma once
// One function at one point: values and derivatives of what was built on its inputs.

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "autodiff/autodiff.h"
#include "ops/cpu_kernels.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "runtime/evaluate.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {

inline const runtime::KernelTable& cpu() {
  static const runtime::KernelTable kernels = all_cpu_kernels();
  return kernels;
}

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
  std::vector<double> second_derivative(Value y, Value x) { return numbers(slope(slope(y, x), x)); }
  /// For y that depends elementwise on x: dy/dx by forward mode.
  std::vector<double> tangent(Value y, Value x) {
    return numbers(autodiff::jvp(std::array{y}, std::array{x}, std::array{ones_like(x)})[0]);
  }
};

using Numbers = std::vector<double>;

}  // namespace palimpsest::testing
