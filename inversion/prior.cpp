#include "inversion/prior.h"

#include "ops/movement/movement.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::inversion {
namespace {

Value mean_absolute_step(Value x, int axis) {
  const std::int64_t extent = x.shape()[axis];
  if (extent < 2) return full(x.graph(), {x.dtype(), {}}, 0);
  const Value step = slice_axis(x, axis, 1, extent - 1) - slice_axis(x, axis, 0, extent - 1);
  return sum_all(abs(step)) / static_cast<double>(step.shape().elements());
}

}  // namespace

Value total_variation(Value x, int height_axis, int width_axis) {
  return mean_absolute_step(x, height_axis) + mean_absolute_step(x, width_axis);
}

Value image_norm(Value x) {
  const Value norm = nn::l2_norm(x);
  return reshape(norm, {}) / static_cast<double>(x.shape()[0]);
}

}  // namespace palimpsest::inversion
