#include "ops/nn/reduce.h"

#include "ops/axes.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::nn {
namespace {

std::int64_t count_of(const Shape& shape, const std::vector<int>& axes) {
  std::int64_t count = 1;
  for (const int axis : normal_axes(shape, axes)) count *= shape[axis];
  return count;
}

/// The shift of a reduction: infinities become 0, because inf - inf is NaN.
Value finite_shift(Value max) { return select(is_inf(max), zeros_like(max), max); }

/// sqrt(x) for x >= 0, with derivatives 0 at 0.
Value safe_sqrt(Value x) {
  const Value vanishes = equal(x, zeros_like(x));
  return select(vanishes, zeros_like(x), sqrt(select(vanishes, ones_like(x), x)));
}

/// Multiplies the halves of an axis with each other until one element is left.
Value product_along(Value x, int axis) {
  if (x.shape()[axis] == 0) return full(x.graph(), {x.dtype(), x.shape().with(axis, 1)}, 1);
  while (x.shape()[axis] > 1) {
    const std::int64_t extent = x.shape()[axis], half = extent / 2;
    const Value product = slice_axis(x, axis, 0, half) * slice_axis(x, axis, half, half);
    const bool odd = extent % 2 == 1;
    x = odd ? concat({product, slice_axis(x, axis, extent - 1, 1)}, axis) : product;
  }
  return x;
}

}  // namespace

Value mean(Value x, std::vector<int> axes) {
  const auto count = static_cast<double>(count_of(x.shape(), axes));
  return reduce_sum(x, std::move(axes)) / count;
}

Value variance(Value x, std::vector<int> axes) {
  const Value deviation = x - mean(x, axes);
  return mean(deviation * deviation, std::move(axes));
}

// shift + mean over the maxima of (x - shift): exactly the maximum, with its derivatives.
Value reduce_max(Value x, std::vector<int> axes) {
  const Value max = max_without_derivative(x, axes);
  if (!is_float(x.dtype())) return max;
  const Value is_max = equal(x, max);
  const Value shift = finite_shift(max);
  const Value surplus = select(is_max, x - shift, zeros_like(x));
  const Value count = reduce_sum(cast(is_max, x.dtype()), axes);
  return shift + reduce_sum(surplus, std::move(axes)) / count;
}

Value reduce_min(Value x, std::vector<int> axes) {
  // ~x = -x - 1 turns the order of integers round without overflow.
  if (!is_float(x.dtype())) return logical_not(reduce_max(logical_not(x), std::move(axes)));
  return -reduce_max(-x, std::move(axes));
}

Value reduce_prod(Value x, std::vector<int> axes) {
  for (const int axis : normal_axes(x.shape(), std::move(axes))) x = product_along(x, axis);
  return x;
}

Value logsumexp(Value x, std::vector<int> axes) {
  const Value shift = finite_shift(max_without_derivative(x, axes));
  return log(reduce_sum(exp(x - shift), std::move(axes))) + shift;
}

Value l2_norm(Value x, std::vector<int> axes) {
  return safe_sqrt(reduce_sum(x * x, std::move(axes)));
}

// After the step with shift s, y[i] is the product of the last 2s elements up to i.
Value cumprod(Value x, int axis) {
  const std::int64_t extent = x.shape()[axis];
  for (std::int64_t shift = 1; shift < extent; shift *= 2) {
    const Value late = slice_axis(x, axis, shift, extent - shift);
    const Value early = slice_axis(x, axis, 0, extent - shift);
    x = concat({slice_axis(x, axis, 0, shift), late * early}, axis);
  }
  return x;
}

Value global_norm(Operands values) {
  if (values.empty()) throw ShapeError("global_norm: at least one value expected");
  Value sum = inner(values.front(), values.front());
  for (const Value value : values.subspan(1)) sum = sum + inner(value, value);
  return safe_sqrt(sum);
}

}  // namespace palimpsest::nn
