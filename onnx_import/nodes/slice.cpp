// Parts of tensors.

#include <algorithm>

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/source/source.h"

namespace palimpsest::onnx_import {
namespace {

/// Elements first, first + step, ... of one axis; with a negative step the part is turned round
/// after it is cut out. Bounds are clamped as in numpy.
Value sliced(const NodeContext& node, Value x, int axis, std::int64_t start, std::int64_t end,
             std::int64_t step) {
  const std::int64_t extent = x.shape()[axis];
  if (step == 0) node.invalid("steps: 0 came");
  // Beyond the extent all steps do the same, and the sums below cannot overflow.
  step = std::clamp(step, -extent - 1, extent + 1);
  const auto position = [&](std::int64_t bound, std::int64_t low, std::int64_t high) {
    const std::int64_t wrapped = bound < 0 ? bound + extent : bound;
    return std::clamp(wrapped, low, high);
  };
  if (step > 0) {
    const std::int64_t first = position(start, 0, extent);
    const std::int64_t past = position(end, 0, extent);
    const std::int64_t count = std::max<std::int64_t>((past - first + step - 1) / step, 0);
    return count == 0 ? slice_axis(x, axis, 0, 0) : slice_axis(x, axis, first, count, step);
  }
  const std::int64_t first = position(start, -1, extent - 1);
  const std::int64_t past = position(end, -1, extent - 1);
  const std::int64_t count = std::max<std::int64_t>((first - past - step - 1) / -step, 0);
  if (count == 0) return slice_axis(x, axis, 0, 0);
  return reverse(slice_axis(x, axis, first + (count - 1) * step, count, -step), {axis});
}

struct Bounds {
  std::vector<std::int64_t> starts, ends, axes, steps;
};

std::vector<Value> sliced(NodeContext& node, Bounds bounds) {
  Value x = node.input(0);
  const std::size_t count = bounds.starts.size();
  if (bounds.axes.empty()) {
    bounds.axes.resize(count);
    for (std::size_t i = 0; i < count; ++i) bounds.axes[i] = static_cast<std::int64_t>(i);
  }
  if (bounds.steps.empty()) bounds.steps.assign(count, 1);
  if (bounds.ends.size() != count || bounds.axes.size() != count || bounds.steps.size() != count)
    node.invalid("starts, ends, axes and steps differ in length");
  const std::vector<int> axes = axis_indices(node, bounds.axes, x.shape().rank());
  for (std::size_t i = 0; i < count; ++i)
    x = sliced(node, x, axes[i], bounds.starts[i], bounds.ends[i], bounds.steps[i]);
  return {x};
}

std::vector<Value> slice_by_attributes(NodeContext& node) {
  const Attributes& attributes = node.attributes();
  return sliced(node, {attributes.integers("starts"),
                       attributes.integers("ends"),
                       attributes.integers("axes"),
                       {}});
}

std::vector<Value> slice_by_inputs(NodeContext& node) {
  const auto optional = [&](std::size_t index) {
    return node.has_input(index) ? node.required_integers(index) : std::vector<std::int64_t>{};
  };
  return sliced(node,
                {node.required_integers(1), node.required_integers(2), optional(3), optional(4)});
}

/// Equal parts, the last one smaller when the count does not divide the extent.
std::vector<std::int64_t> equal_parts(const NodeContext& node, std::int64_t extent,
                                      std::int64_t count) {
  if (count < 1) node.invalid(text("at least one part expected, ", count, " came"));
  const std::int64_t part = (extent + count - 1) / count;
  std::vector<std::int64_t> sizes;
  for (std::int64_t i = 0; i < count; ++i)
    sizes.push_back(std::clamp<std::int64_t>(extent - i * part, 0, part));
  return sizes;
}

std::vector<Value> split(NodeContext& node) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, 0, x.shape().rank());
  std::vector<std::int64_t> sizes = node.attributes().integers("split");
  if (node.has_input(1)) sizes = node.required_integers(1);
  const auto outputs = static_cast<std::int64_t>(node.output_count());
  if (sizes.empty())
    sizes = equal_parts(node, x.shape()[axis],
                        std::min(outputs, node.attributes().integer("num_outputs", outputs)));
  std::vector<Value> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > x.shape()[axis] - start)
      node.invalid(text("split: part of ", size, " at ", start, " of ", x.shape()[axis]));
    parts.push_back(slice_axis(x, axis, start, size));
    start += size;
  }
  if (start != x.shape()[axis])
    node.invalid(text("split: the parts cover ", start, " of ", x.shape()[axis]));
  return parts;
}

std::vector<Value> triangle(NodeContext& node) {
  const Value x = node.input(0);
  const int rank = x.shape().rank();
  if (rank < 2) node.invalid(text("a matrix expected, ", x.shape(), " came"));
  const std::int64_t k = node.has_input(1) ? node.required_integer(1) : 0;
  const bool upper = node.attributes().integer("upper", 1) != 0;
  const Shape plane{x.shape()[-2], x.shape()[-1]};
  const Value row = iota(node.graph(), plane, 0);
  const Value column = iota(node.graph(), plane, 1);
  const std::int64_t bounded = std::clamp<std::int64_t>(k, -plane[0] - 1, plane[1] + 1);
  const Value diagonal = row + full_like(row, static_cast<double>(bounded));
  const Value kept = upper ? greater_equal(column, diagonal) : less_equal(column, diagonal);
  return {select(kept, x, zeros_like(x))};
}

}  // namespace

void add_slice_nodes(NodeTable& table) {
  table.add("Slice", 1, slice_by_attributes);
  table.add("Slice", 10, slice_by_inputs);
  table.add("Split", 2, split);
  table.add("Trilu", 14, triangle);
}

}  // namespace palimpsest::onnx_import
