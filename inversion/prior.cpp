#include "inversion/prior.h"

#include "ops/movement/movement.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::inversion {
namespace {

/// x without its first (or last) row along an axis.
Value from_second(Value x, int axis) { return slice_axis(x, axis, 1, x.shape()[axis] - 1); }
Value to_second_last(Value x, int axis) { return slice_axis(x, axis, 0, x.shape()[axis] - 1); }

Value steps(Value x, int axis) { return from_second(x, axis) - to_second_last(x, axis); }

Value mean_absolute_step(Value x, int axis) {
  if (x.shape()[axis] < 2) return full(x.graph(), {x.dtype(), {}}, 0);
  const Value step = steps(x, axis);
  return sum_all(abs(step)) / static_cast<double>(step.shape().elements());
}

Value norm(Value x) { return reshape(nn::l2_norm(x), {}); }

Value norms_of_four_directions(Value x, int height, int width) {
  if (x.shape()[height] < 2 || x.shape()[width] < 2) return full(x.graph(), {x.dtype(), {}}, 0);
  const Value falling =
      from_second(from_second(x, height), width) - to_second_last(to_second_last(x, height), width);
  const Value rising =
      from_second(to_second_last(x, height), width) - to_second_last(from_second(x, height), width);
  return norm(steps(x, height)) + norm(steps(x, width)) + norm(falling) + norm(rising);
}

/// [N, k].
Value flat(Value latent) {
  const std::int64_t rows = latent.shape()[0];
  return reshape(latent, {rows, latent.shape().elements() / rows});
}

Value mean_of_rows(Value rows) {
  return sum_all(rows) / static_cast<double>(rows.shape().elements());
}

}  // namespace

Value total_variation(Value x, int height_axis, int width_axis, Variation variation) {
  if (variation == Variation::four_directions)
    return norms_of_four_directions(x, height_axis, width_axis);
  return mean_absolute_step(x, height_axis) + mean_absolute_step(x, width_axis);
}

Value image_norm(Value x) { return norm(x) / static_cast<double>(x.shape()[0]); }

Value group_distance(Value x, Value consensus) { return norm(x - consensus); }

Value latent_divergence(Value latent) {
  const Value z = flat(latent);
  const Value mean = nn::mean(z, {1}), variance = nn::variance(z, {1});
  return mean_of_rows((mean * mean + variance - log(variance) - 1.0) * 0.5);
}

Value latent_norm_error(Value latent) {
  const Value z = flat(latent);
  const Value excess = reduce_sum(z * z, {1}) - static_cast<double>(z.shape()[1]);
  return mean_of_rows(excess * excess);
}

}  // namespace palimpsest::inversion
