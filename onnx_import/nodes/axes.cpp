#include "onnx_import/nodes/axes.h"

#include <algorithm>
#include <numeric>

namespace palimpsest::onnx_import {

int axis_index(const NodeContext& node, std::int64_t axis, int rank) {
  if (axis < -rank || axis >= rank)
    node.invalid(text("an axis in [", -rank, ", ", rank, ") expected, ", axis, " came"));
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::vector<int> axis_indices(const NodeContext& node, const std::vector<std::int64_t>& axes,
                              int rank) {
  std::vector<int> indices;
  for (const std::int64_t axis : axes) {
    const int index = axis_index(node, axis, rank);
    if (std::find(indices.begin(), indices.end(), index) != indices.end())
      node.invalid(text("axis ", axis, " comes twice"));
    indices.push_back(index);
  }
  return indices;
}

std::vector<int> all_axes(int rank) {
  std::vector<int> axes(static_cast<std::size_t>(rank));
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

int axis_attribute(const NodeContext& node, std::int64_t fallback, int rank) {
  return axis_index(node, node.attributes().integer("axis", fallback), rank);
}

}  // namespace palimpsest::onnx_import
