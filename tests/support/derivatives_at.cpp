#include "tests/support/derivatives_at.h"

#include <array>

#include "autodiff/autodiff.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "tests/support/cpu.h"

namespace palimpsest::testing {
namespace {

/// A function of one f64 vector of that size; `derive` turns (sum f(x), x) into the result.
template <class Derive>
Function derived(VectorFunction f, std::size_t size, Derive derive) {
  Function result;
  const Value x = result.graph->input({DType::f64, {static_cast<std::int64_t>(size)}});
  result.inputs = {x};
  result.outputs = {derive(sum_all(f(x)), x)};
  return result;
}

Value gradient_of(Value scalar, Value x) {
  return autodiff::gradient(scalar, std::array{x}).front();
}

Vector at(const Function& function, const Vector& x) { return FlatMap(function, cpu())(x); }

}  // namespace

Vector gradient_at(VectorFunction f, const Vector& x) {
  return at(derived(f, x.size(), gradient_of), x);
}

Vector forward_gradient_at(VectorFunction f, const Vector& x) {
  Vector gradient;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Function along = derived(f, x.size(), [&](Value scalar, Value variable) {
      const Value unit =
          variable.graph().constant(Literal::of(variable.shape(), unit_vector(x.size(), i)));
      return autodiff::jvp(std::array{scalar}, std::array{variable}, std::array{unit}).front();
    });
    gradient.push_back(at(along, x).front());
  }
  return gradient;
}

Vector curvature_at(VectorFunction f, const Vector& x) {
  return at(derived(f, x.size(),
                    [](Value scalar, Value variable) {
                      return autodiff::jvp(std::array{gradient_of(scalar, variable)},
                                           std::array{variable}, std::array{ones_like(variable)})
                          .front();
                    }),
            x);
}

Vector reverse_curvature_at(VectorFunction f, const Vector& x) {
  return at(derived(f, x.size(),
                    [](Value scalar, Value variable) {
                      return gradient_of(sum_all(gradient_of(scalar, variable)), variable);
                    }),
            x);
}

}  // namespace palimpsest::testing
