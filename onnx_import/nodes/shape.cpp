// Nodes that move elements without choosing among them.

#include "ops/movement/movement.h"

#include <algorithm>
#include <numeric>

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

/// 0 copies the operand's extent (unless `allowzero`), one -1 is what is left.
Shape reshaped_to(const NodeContext& node, const Shape& x, std::vector<std::int64_t> extents) {
  const bool copies = node.attributes().integer("allowzero", 0) == 0;
  std::int64_t rest = -1;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (extents[i] == 0 && copies)
      extents[i] = x[axis_index(node, static_cast<std::int64_t>(i), x.rank())];
    if (extents[i] != -1) continue;
    if (rest >= 0) node.invalid("shape: -1 comes twice");
    rest = static_cast<std::int64_t>(i);
    extents[i] = 1;
  }
  const std::int64_t others = Shape(extents).elements();
  if (rest >= 0) {
    if (others == 0 || x.elements() % others != 0)
      node.invalid(text("shape: ", x, " has no extent for -1"));
    extents[static_cast<std::size_t>(rest)] = x.elements() / others;
  }
  return Shape(std::move(extents));
}

std::vector<Value> reshape_by_attribute(NodeContext& node) {
  const Value x = node.input(0);
  return {reshape(x, reshaped_to(node, x.shape(), node.attributes().integers("shape")))};
}

std::vector<Value> reshape_by_input(NodeContext& node) {
  const Value x = node.input(0);
  return {reshape(x, reshaped_to(node, x.shape(), node.required_integers(1)))};
}

std::vector<Value> flatten(NodeContext& node) {
  const Value x = node.input(0);
  const int rank = x.shape().rank();
  const std::int64_t axis = node.attributes().integer("axis", 1);
  if (axis < -rank || axis > rank)
    node.invalid(text("an axis in [", -rank, ", ", rank, "] expected, ", axis, " came"));
  const std::int64_t first = axis < 0 ? axis + rank : axis;
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  for (int i = 0; i < rank; ++i) (i < first ? rows : columns) *= x.shape()[i];
  return {reshape(x, Shape{rows, columns})};
}

/// Axes as attribute before opset 13, as input from then on.
std::vector<std::int64_t> listed_axes(NodeContext& node) {
  if (node.opset() < 13) return node.attributes().integers("axes");
  return node.has_input(1) ? node.required_integers(1) : std::vector<std::int64_t>{};
}

std::vector<Value> squeeze(NodeContext& node) {
  const Value x = node.input(0);
  std::vector<int> axes = axis_indices(node, listed_axes(node), x.shape().rank());
  const bool every = axes.empty();
  std::vector<std::int64_t> extents;
  for (int axis = 0; axis < x.shape().rank(); ++axis) {
    const bool listed = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (listed && x.shape()[axis] != 1)
      node.invalid(text("axis ", axis, " of ", x.shape(), " does not have extent 1"));
    if (!listed && !(every && x.shape()[axis] == 1)) extents.push_back(x.shape()[axis]);
  }
  return {reshape(x, Shape(std::move(extents)))};
}

std::vector<Value> unsqueeze(NodeContext& node) {
  const Value x = node.input(0);
  const std::vector<std::int64_t> listed = listed_axes(node);
  if (listed.size() > static_cast<std::size_t>(Shape::max_rank)) node.invalid("too many axes");
  const int rank = x.shape().rank() + static_cast<int>(listed.size());
  const std::vector<int> axes = axis_indices(node, listed, rank);
  std::vector<std::int64_t> extents;
  auto next = x.shape().begin();
  for (int axis = 0; axis < rank; ++axis)
    extents.push_back(std::find(axes.begin(), axes.end(), axis) != axes.end() ? 1 : *next++);
  return {reshape(x, Shape(std::move(extents)))};
}

std::vector<Value> transpose(NodeContext& node) {
  const Value x = node.input(0);
  const int rank = x.shape().rank();
  std::vector<std::int64_t> order = node.attributes().integers("perm");
  if (order.empty()) {
    order.resize(static_cast<std::size_t>(rank));
    std::iota(order.rbegin(), order.rend(), 0);
  }
  if (order.size() != static_cast<std::size_t>(rank))
    node.invalid(text("perm: ", rank, " axes expected, ", order.size(), " came"));
  return {permute(x, axis_indices(node, order, rank))};
}

std::vector<Value> expand(NodeContext& node) {
  const Value x = node.input(0);
  return {broadcast_to(x, broadcast_shape(x.shape(), Shape(node.required_integers(1))))};
}

std::vector<Value> tile(NodeContext& node) {
  const Value x = node.input(0);
  const std::vector<std::int64_t> repeats = node.required_integers(1);
  const auto rank = static_cast<std::size_t>(x.shape().rank());
  if (repeats.size() != rank)
    node.invalid(text("repeats: ", rank, " values expected, ", repeats.size(), " came"));
  // Each axis becomes (repeat, extent), of which the first is broadcast.
  std::vector<std::int64_t> split, spread, joined;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t extent = x.shape()[static_cast<int>(axis)];
    const Shape checked{repeats[axis], std::max<std::int64_t>(extent, 1)};
    split.insert(split.end(), {1, extent});
    spread.insert(spread.end(), {checked[0], extent});
    joined.push_back(checked[0] * extent);
  }
  if (2 * rank > static_cast<std::size_t>(Shape::max_rank)) node.unsupported("rank above 8");
  return {reshape(broadcast_to(reshape(x, Shape(split)), Shape(spread)), Shape(joined))};
}

std::vector<Value> concatenation(NodeContext& node) {
  std::vector<Value> parts = node.inputs();
  if (parts.empty()) node.invalid("no operands");
  const int axis = axis_attribute(node, 1, parts.front().shape().rank());
  return {concat(std::move(parts), axis)};
}

/// Extents of [N, C, H, W] and the block size, checked.
struct Blocks {
  std::int64_t n, c, h, w, size;
};

Blocks blocks_of(const NodeContext& node, const Shape& x) {
  const std::int64_t size = node.attributes().integer("blocksize");
  if (x.rank() != 4 || size < 1 || size > (1 << 20))
    node.invalid(
        text("[N, C, H, W] and blocksize in [1, 2^20] expected, ", x, " and ", size, " came"));
  return {x[0], x[1], x[2], x[3], size};
}

std::vector<Value> depth_to_space(NodeContext& node) {
  const Value x = node.input(0);
  const auto [n, c, h, w, b] = blocks_of(node, x.shape());
  if (c % (b * b) != 0)
    node.invalid(text("blocksize ", b, " squared does not divide ", c, " channels"));
  const std::int64_t rest = c / (b * b);
  const bool columns_first = node.attributes().string("mode", "DCR") == "CRD";
  const Value split = columns_first
                          ? permute(reshape(x, Shape{n, rest, b, b, h, w}), {0, 1, 4, 2, 5, 3})
                          : permute(reshape(x, Shape{n, b, b, rest, h, w}), {0, 3, 4, 1, 5, 2});
  return {reshape(split, Shape{n, rest, h * b, w * b})};
}

std::vector<Value> space_to_depth(NodeContext& node) {
  const Value x = node.input(0);
  const auto [n, c, h, w, b] = blocks_of(node, x.shape());
  if (h % b != 0 || w % b != 0) node.invalid(text("blocksize ", b, " does not divide ", x.shape()));
  const bool columns_first = node.attributes().string("mode", "DCR") == "CRD";
  const Value parts = reshape(x, Shape{n, c, h / b, b, w / b, b});
  const Value split =
      columns_first ? permute(parts, {0, 1, 3, 5, 2, 4}) : permute(parts, {0, 3, 5, 1, 2, 4});
  return {reshape(split, Shape{n, c * b * b, h / b, w / b})};
}

std::vector<Value> shape(NodeContext& node) {
  const Shape& x = node.input(0).shape();
  const std::int64_t rank = x.rank();
  const auto clamped = [&](std::int64_t position) {
    return std::clamp<std::int64_t>(position < 0 ? position + rank : position, 0, rank);
  };
  const std::int64_t start = clamped(node.attributes().integer("start", 0));
  const std::int64_t end = clamped(node.attributes().integer("end", rank));
  const std::int64_t count = std::max<std::int64_t>(end - start, 0);
  return {node.integers({x.begin() + start, x.begin() + start + count})};
}

std::vector<Value> size(NodeContext& node) {
  return {node.constant(Literal::scalar(node.input(0).shape().elements()))};
}

}  // namespace

void add_shape_nodes(NodeTable& table) {
  table.add("Reshape", 1, reshape_by_attribute);
  table.add("Reshape", 5, reshape_by_input);
  table.add("Flatten", 1, flatten);
  table.add("Squeeze", 1, squeeze);
  table.add("Unsqueeze", 1, unsqueeze);
  table.add("Transpose", 1, transpose);
  table.add("Expand", 8, expand);
  table.add("Tile", 6, tile);
  table.add("Concat", 1, concatenation);
  table.add("DepthToSpace", 1, depth_to_space);
  table.add("SpaceToDepth", 1, space_to_depth);
  table.add("Shape", 1, shape);
  table.add("Size", 1, size);
}

}  // namespace palimpsest::onnx_import
