#include "inversion/tensor_sums.h"

#include <cmath>

#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::inversion {

Value weighted_inner(Operands a, Operands b, std::span<const double> weights) {
  Value sum;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const Value part =
        inner(cast(a[k], DType::f64), cast(b[k], DType::f64)) * weight_of(weights, k);
    sum = sum ? sum + part : part;
  }
  return sum;
}

// With Kahan's compensation: a plain sum over millions of entries would be less accurate than
// the sums of the program that it meets in the cosine.
double weighted_norm(std::span<const Literal> tensors, std::span<const double> weights) {
  double sum = 0, lost = 0;
  for (std::size_t k = 0; k < tensors.size(); ++k)
    for (const double value : tensors[k].doubles()) {
      const double term = weight_of(weights, k) * value * value - lost, next = sum + term;
      lost = (next - sum) - term;
      sum = next;
    }
  return std::sqrt(sum);
}

}  // namespace palimpsest::inversion
