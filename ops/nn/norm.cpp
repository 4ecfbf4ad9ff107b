#include "ops/nn/norm.h"

#include <numeric>

#include "graph/error.h"
#include "ops/movement/movement.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "ops/window/window.h"

namespace palimpsest::nn {
namespace {

void expect_rank_from(std::string_view name, Value x, int rank) {
  if (x.shape().rank() < rank)
    throw ShapeError(text(name, ": rank ", rank, " or more expected, ", x.type(), " came"));
}

/// A vector [C] as [1, C, 1...], to act on the channels of x.
Value per_channel(std::string_view name, Value vector, Value x) {
  expect_rank_from(name, x, 2);
  const Shape expected{x.shape()[1]};
  if (!(vector.shape() == expected))
    throw ShapeError(text(name, ": a vector of ", expected, " expected for ", x.type(), ", ",
                          vector.type(), " came"));
  return reshape(vector, ones_shape(x.shape().rank()).with(1, x.shape()[1]));
}

std::vector<int> axes_from(Value x, int first) {
  std::vector<int> axes(static_cast<std::size_t>(x.shape().rank() - first));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

/// (x - mean) / sqrt(variance + epsilon) over the axes from `first` on.
Value normalized(Value x, int first, double epsilon) {
  const std::vector<int> axes = axes_from(x, first);
  return (x - mean(x, axes)) * rsqrt(variance(x, axes) + epsilon);
}

Value affine_per_channel(std::string_view name, Value x, Value scale, Value bias) {
  return x * per_channel(name, scale, x) + per_channel(name, bias, x);
}

}  // namespace

Statistics batch_statistics(Value x) {
  expect_rank_from("batch_statistics", x, 2);
  std::vector<int> axes = axes_from(x, 1);
  axes.front() = 0;
  const Shape channels{x.shape()[1]};
  return {reshape(mean(x, axes), channels), reshape(variance(x, axes), channels)};
}

Value batch_norm(Value x, Value scale, Value bias, Value mean, Value variance, double epsilon) {
  const auto channels = [x](Value vector) { return per_channel("batch_norm", vector, x); };
  const Value factor = scale * rsqrt(variance + epsilon);
  return (x - channels(mean)) * channels(factor) + channels(bias);
}

Value layer_norm(Value x, Value scale, Value bias, int axis, double epsilon) {
  const Value y = normalized(x, static_cast<int>(x.shape().index(axis)), epsilon) * scale;
  return bias ? y + bias : y;
}

Value instance_norm(Value x, Value scale, Value bias, double epsilon) {
  expect_rank_from("instance_norm", x, 3);
  return affine_per_channel("instance_norm", normalized(x, 2, epsilon), scale, bias);
}

Value group_norm(Value x, Value scale, Value bias, std::int64_t groups, double epsilon) {
  expect_rank_from("group_norm", x, 2);
  const std::int64_t batch = x.shape()[0], channels = x.shape()[1];
  if (groups <= 0 || channels % groups != 0)
    throw ShapeError(
        text("group_norm: ", groups, " groups do not divide the channels of ", x.type()));
  const std::int64_t rows = batch * groups;
  const std::int64_t depth = rows == 0 ? 0 : x.shape().elements() / rows;
  const Value y = normalized(reshape(x, {batch, groups, depth}), 2, epsilon);
  return affine_per_channel("group_norm", reshape(y, x.shape()), scale, bias);
}

// Channels become the only windowed axis: [N, C, spatial...] as [N, 1, C, pixels].
Value lrn(Value x, std::int64_t size, double alpha, double beta, double bias) {
  expect_rank_from("lrn", x, 2);
  const std::int64_t batch = x.shape()[0], channels = x.shape()[1];
  const std::int64_t rows = batch * channels;
  const std::int64_t pixels = rows == 0 ? 0 : x.shape().elements() / rows;
  const Value columns = reshape(x, {batch, 1, channels, pixels});
  const WindowGeometry window = window_geometry(columns.shape(), {size, 1}, {1, 1}, {1, 1},
                                                {(size - 1) / 2, 0}, {size / 2, 0});
  const Value energy = window_sum(columns * columns, window);
  const Value divisor = energy * (alpha / static_cast<double>(size)) + bias;
  return x / reshape(pow(divisor, full_like(divisor, beta)), x.shape());
}

}  // namespace palimpsest::nn
