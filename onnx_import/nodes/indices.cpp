#include "onnx_import/nodes/indices.h"

#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "ops/source/source.h"

namespace palimpsest::onnx_import {
namespace {

void check_integers(const NodeContext& node, std::size_t index, const Value value) {
  if (value.dtype() != DType::i64)
    node.invalid(text("input ", index, ": integers expected, ", value.type(), " came"));
}

std::int64_t wrapped(const NodeContext& node, std::int64_t index, std::int64_t extent) {
  if (index < -extent || index >= extent)
    node.invalid(text("an index in [", -extent, ", ", extent, ") expected, ", index, " came"));
  return index < 0 ? index + extent : index;
}

Value wrapped(Value indices, Value extents) {
  return select(less(indices, zeros_like(indices)), indices + extents, indices);
}

Value integer(Graph& graph, std::int64_t value) { return graph.constant(Literal::scalar(value)); }

}  // namespace

std::int64_t extent_product(const Shape& x, int first, int last) {
  std::int64_t product = 1;
  for (int axis = first; axis < last; ++axis) product *= x[axis];
  return product;
}

Value wrapped_indices(NodeContext& node, std::size_t index, std::int64_t extent) {
  const Value indices = node.input(index);
  check_integers(node, index, indices);
  const std::optional<Literal> known = node.known(index);
  if (!known) return wrapped(indices, integer(node.graph(), extent));
  std::vector<std::int64_t> positions = known->integers();
  for (std::int64_t& position : positions) position = wrapped(node, position, extent);
  return node.graph().constant(Literal::of(known->shape(), positions));
}

Value element_positions(NodeContext& node, std::size_t index, const Shape& x, int axis) {
  const Value along = wrapped_indices(node, index, x[axis]);
  const Shape& shape = along.shape();
  if (shape.rank() != x.rank())
    node.invalid(text("indices ", shape, " and data ", x, " differ in rank"));
  const std::vector<std::int64_t> strides = x.strides();
  Value positions = along * integer(node.graph(), strides[static_cast<std::size_t>(axis)]);
  for (int other = 0; other < x.rank(); ++other) {
    if (other == axis) continue;
    if (shape[other] > x[other])
      node.invalid(text("indices ", shape, " exceed data ", x, " in axis ", other));
    positions = positions + iota(node.graph(), shape, other) *
                                integer(node.graph(), strides[static_cast<std::size_t>(other)]);
  }
  return positions;
}

Value block_positions(NodeContext& node, std::size_t index, const Shape& x, int batch) {
  const Value indices = node.input(index);
  check_integers(node, index, indices);
  if (indices.shape().rank() == 0) node.invalid("indices of rank 1 or more expected");
  const std::int64_t depth = indices.shape()[-1];
  if (depth < 1 || depth > x.rank() - batch)
    node.invalid(text("indices of 1 to ", x.rank() - batch, " axes expected, ", depth, " came"));
  std::vector<std::int64_t> extents, strides;
  for (int axis = batch; axis < batch + static_cast<int>(depth); ++axis) {
    extents.push_back(x[axis]);
    strides.push_back(extent_product(x, axis + 1, batch + static_cast<int>(depth)));
  }
  if (const std::optional<Literal> known = node.known(index)) {
    std::size_t component = 0;
    for (const std::int64_t value : known->integers())
      wrapped(node, value, extents[component++ % extents.size()]);
  }
  const Value positions = wrapped(indices, node.integers(extents)) * node.integers(strides);
  return squeeze_axis(reduce_sum(positions, {-1}), -1);
}

}  // namespace palimpsest::onnx_import
