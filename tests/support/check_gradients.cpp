#include "tests/support/check_gradients.h"

#include <algorithm>
#include <functional>

#include "autodiff/autodiff.h"
#include "tests/support/flat_map.h"

namespace palimpsest::testing {
namespace {

/// New inputs of the types of `values`.
std::vector<Value> inputs_like(Function& function, Operands values) {
  std::vector<Value> added;
  for (const Value value : values) added.push_back(function.graph->input(value.type()));
  function.inputs.insert(function.inputs.end(), added.begin(), added.end());
  return added;
}

/// A function of (x, v) that starts from f(x); `derive` gives its outputs.
using Derive = std::function<std::vector<Value>(Operands outputs, Operands x, Operands v)>;
Function derived(const Function& f, Operands direction_like, const Derive& derive) {
  Function result;
  const std::vector<Value> x = inputs_like(result, f.inputs);
  const std::vector<Value> v = inputs_like(result, direction_like);
  result.outputs = derive(inlined(*result.graph, f, x), x, v);
  return result;
}

/// (x, u) -> J u.
Function forward(const Function& f) { return derived(f, f.inputs, autodiff::jvp); }

/// (x, v) -> J^T v.
Function reverse(const Function& f) {
  return derived(f, f.outputs,
                 [](Operands y, Operands x, Operands v) { return autodiff::vjp(y, v, x); });
}

/// (x, v, u) -> H u, one jvp of the reverse sweep.
Function forward_over_reverse(const Function& f, const Function& gradient) {
  return derived(gradient, f.inputs, [&](Operands g, Operands xv, Operands u) {
    return autodiff::jvp(g, xv.first(f.inputs.size()), u);
  });
}

/// (x, v, u) -> (H u, J u), one vjp of the reverse sweep with respect to both x and v.
Function reverse_over_reverse(const Function& f, const Function& gradient) {
  return derived(gradient, f.inputs,
                 [](Operands g, Operands xv, Operands u) { return autodiff::vjp(g, u, xv); });
}

/// The map's results for each unit vector in place of the last `size` variables.
Vectors along_unit_vectors(const FlatMap& map, const Vector& before, std::size_t size) {
  Vectors results;
  for (std::size_t i = 0; i < size; ++i)
    results.push_back(map(joined(before, unit_vector(size, i))));
  return results;
}

/// The first or the remaining `split` entries of each vector.
Vectors heads(Vectors rows, std::size_t split) {
  for (Vector& row : rows) row.resize(split);
  return rows;
}
Vectors tails(Vectors rows, std::size_t split) {
  for (Vector& row : rows) row.erase(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(split));
  return rows;
}

/// The largest entry, or, of a matrix that is exactly zero, the size of what was derived.
double scale_of(const Vectors& matrix, const Vectors& derived_from) {
  const double norm = max_norm(matrix);
  if (norm > 0) return norm;
  const double fallback = max_norm(derived_from);
  return fallback > 0 ? fallback : 1.0;
}

/// Cotangents of either sign, none small, the same for a case on every run. Multiples of 1/16:
/// f32 parts of a graph hold their products with such points exactly.
Vector cotangents(std::size_t size) {
  Sampler sampler(size);
  Vector v(size);
  for (double& value : v)
    value = static_cast<double>(sampler.integer(8, 24) * sampler.one_of({-1, 1})) / 16;
  return v;
}

}  // namespace

GradientErrors gradient_errors(const Case& sample, const runtime::KernelTable& kernels) {
  const Function& f = sample.function;
  const std::size_t n = elements(f.inputs), m = elements(f.outputs);
  const Vector x = flattened(sample.point), v = cotangents(m), xv = joined(x, v);
  const Function tangent = forward(f), gradient = reverse(f);
  const Function forward_twice = forward_over_reverse(f, gradient);
  const Function reverse_twice = reverse_over_reverse(f, gradient);
  const FlatMap value(f, kernels), by_forward(tangent, kernels), by_reverse(gradient, kernels);
  const FlatMap by_both(forward_twice, kernels), by_reverse_twice(reverse_twice, kernels);

  GradientErrors errors;
  const Vectors jacobian = transposed(along_unit_vectors(by_reverse, x, m));
  const double scale = scale_of(jacobian, {value(x)});
  const Vectors pushed = along_unit_vectors(by_forward, x, n);
  errors.first_order = max_difference(jacobian, central_differences(value, x, n)) / scale;
  errors.adjoint = max_difference(jacobian, pushed) / scale;

  const Vectors hessian = along_unit_vectors(by_both, xv, n);
  const Vectors reversed = along_unit_vectors(by_reverse_twice, xv, n);
  const double curvature = scale_of(hessian, {by_reverse(xv)});
  errors.second_order = max_difference(hessian, central_differences(by_reverse, xv, n)) / curvature;
  errors.symmetry = max_difference(hessian, transposed(hessian)) / curvature;
  errors.routes = std::max(max_difference(hessian, heads(reversed, n)) / curvature,
                           max_difference(pushed, tails(reversed, n)) / scale);
  return errors;
}

}  // namespace palimpsest::testing
