#include "ops/nn/pool.h"

#include <algorithm>
#include <numeric>

#include "graph/graph.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::nn {
namespace {

/// Elements of x at spatial positions [N, C, out...], row-major within the spatial extents.
Value picked(Value x, Value positions) {
  const Shape& to = positions.shape();
  const std::int64_t planes = to[0] * to[1];
  if (planes == 0) return reshape(x, to);
  const Value y = gather(reshape(x, {planes, x.shape().elements() / planes, 1}),
                         reshape(positions, {planes, to.elements() / planes}));
  return reshape(y, to);
}

/// How many places of each window along one spatial axis count.
std::vector<double> counts_along(const WindowGeometry& geometry, int spatial, CountPadding count) {
  const auto axis = static_cast<std::size_t>(spatial);
  const std::int64_t extent = geometry.input[spatial + 2];
  const bool with_padding = count == CountPadding::include;
  const std::int64_t first = with_padding ? -geometry.pad_low[axis] : 0;
  const std::int64_t end = extent + (with_padding ? geometry.pad_high[axis] : 0);
  std::vector<double> counts;
  for (std::int64_t p = 0; p < geometry.output[spatial + 2]; ++p) {
    const std::int64_t origin = p * geometry.stride[axis] - geometry.pad_low[axis];
    std::int64_t inside = 0;
    for (std::int64_t k = 0; k < geometry.size[axis]; ++k) {
      const std::int64_t place = origin + k * geometry.dilation[axis];
      inside += place >= first && place < end;
    }
    counts.push_back(static_cast<double>(inside));
  }
  return counts;
}

/// The divisor of each window, [1, 1, out...], or one number when all agree.
Value window_counts(Value x, const WindowGeometry& geometry, CountPadding count) {
  std::vector<double> counts{1};
  for (int spatial = 0; spatial < geometry.spatial_rank(); ++spatial) {
    std::vector<double> wider;
    const std::vector<double> along = counts_along(geometry, spatial, count);
    for (const double outer : counts)
      for (const double inner : along) wider.push_back(outer * inner);
    counts = std::move(wider);
  }
  const Shape shape = geometry.output.with(0, 1).with(1, 1);
  if (std::ranges::adjacent_find(counts, std::not_equal_to<>()) == counts.end())
    return full(x.graph(), {x.dtype(), shape}, counts.empty() ? 1 : counts.front());
  return x.graph().constant(Literal::of(shape, counts).converted(x.dtype()));
}

std::vector<int> spatial_axes(Value x) {
  if (x.shape().rank() < 3)
    throw ShapeError(text("global pooling: rank 3 or more expected, ", x.type(), " came"));
  std::vector<int> axes(static_cast<std::size_t>(x.shape().rank() - 2));
  std::iota(axes.begin(), axes.end(), 2);
  return axes;
}

}  // namespace

Value max_pool(Value x, const WindowGeometry& geometry) {
  return picked(x, window_argmax(x, geometry));
}

Value average_pool(Value x, const WindowGeometry& geometry, CountPadding count) {
  return window_sum(x, geometry) / window_counts(x, geometry, count);
}

Value global_average_pool(Value x) { return mean(x, spatial_axes(x)); }

// Not reduce_max: on ties torch's adaptive_max_pool takes the first place, amax shares.
Value global_max_pool(Value x) {
  std::vector<std::int64_t> extents{x.shape()[0], x.shape()[1]};
  const std::vector<int> axes = spatial_axes(x);
  std::int64_t pixels = 1;
  for (const int axis : axes) pixels *= x.shape()[axis];
  const Value rows = reshape(x, {extents[0], extents[1], pixels});
  extents.resize(extents.size() + axes.size(), 1);
  return picked(x, reshape(argmax(rows, 2), Shape(std::move(extents))));
}

}  // namespace palimpsest::nn
