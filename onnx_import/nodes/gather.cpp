// Indexed reads.

#include "ops/gather/gather.h"

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/indices.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/source/source.h"

namespace palimpsest::onnx_import {
namespace {

std::vector<Value> gather_along(NodeContext& node) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, 0, x.shape().rank());
  return {take(x, wrapped_indices(node, 1, x.shape()[axis]), axis)};
}

/// Single elements: a gather from the flattened tensor.
std::vector<Value> gather_elements(NodeContext& node) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, 0, x.shape().rank());
  const Value positions = element_positions(node, 1, x.shape(), axis);
  const std::int64_t count = positions.shape().elements();
  const Value y =
      gather(reshape(x, Shape{1, x.shape().elements(), 1}), reshape(positions, Shape{1, count}));
  return {reshape(y, positions.shape())};
}

/// Blocks: the indexed axes become one.
std::vector<Value> gather_nd(NodeContext& node) {
  const Value x = node.input(0);
  const std::int64_t listed = node.attributes().integer("batch_dims", 0);
  const Shape& indices = node.input(1).shape();
  if (listed < 0 || listed >= std::min(x.shape().rank(), indices.rank()))
    node.invalid(text("batch_dims: below the ranks of ", x.shape(), " and ", indices, " expected, ",
                      listed, " came"));
  const int batch = static_cast<int>(listed);
  const Value positions = block_positions(node, 1, x.shape(), batch);
  const int inner = batch + static_cast<int>(indices[-1]);
  const std::int64_t batches = extent_product(x.shape(), 0, batch);
  if (extent_product(positions.shape(), 0, batch) != batches)
    node.invalid(text("indices ", indices, " and data ", x.shape(), " differ in batches"));
  const std::int64_t block = extent_product(x.shape(), inner, x.shape().rank());
  const Value y = gather(
      reshape(x, Shape{batches, extent_product(x.shape(), batch, inner), block}),
      reshape(positions,
              Shape{batches, extent_product(positions.shape(), batch, positions.shape().rank())}));
  std::vector<std::int64_t> extents(positions.shape().begin(), positions.shape().end());
  extents.insert(extents.end(), x.shape().begin() + inner, x.shape().end());
  return {reshape(y, Shape(std::move(extents)))};
}

/// on where the index equals the position along the new axis, off elsewhere.
std::vector<Value> one_hot(NodeContext& node) {
  const Value given = node.input(0);
  const Value indices = is_float(given.dtype()) ? cast(given, DType::i64) : given;
  const double wanted = node.required_real(1);
  if (!(wanted >= 1 && wanted <= 1e9))
    node.invalid(text("depth in [1, 1e9] expected, ", wanted, " came"));
  const auto depth = static_cast<std::int64_t>(wanted);
  const int rank = indices.shape().rank() + 1;
  const int axis = axis_attribute(node, -1, rank);
  const Value values = node.input(2);
  if (!(values.shape() == Shape{2}))
    node.invalid(text("values [2] expected, ", values.shape(), " came"));

  const Value wrapped = select(less(indices, zeros_like(indices)),
                               indices + full_like(indices, static_cast<double>(depth)), indices);
  const Value column = expand_axis(wrapped, axis);
  const Value places = iota(node.graph(), column.shape().with(axis, depth), axis);
  const auto value_at = [&](std::int64_t i) {
    return reshape(slice_axis(values, 0, i, 1), ones_shape(rank));
  };
  return {select(equal(column, places), value_at(1), value_at(0))};
}

/// The chosen positions, which must be known at import, because the shape depends on them.
std::vector<Value> compress(NodeContext& node) {
  Value x = node.input(0);
  const std::vector<double> flags = node.required_reals(1);
  if (!node.attributes().has("axis")) x = reshape(x, Shape{x.shape().elements()});
  const int axis = node.attributes().has("axis") ? axis_attribute(node, 0, x.shape().rank()) : 0;
  std::vector<std::int64_t> chosen;
  for (std::size_t i = 0; i < flags.size(); ++i)
    if (flags[i] != 0) chosen.push_back(static_cast<std::int64_t>(i));
  if (!chosen.empty() && chosen.back() >= x.shape()[axis])
    node.invalid(text("condition: position ", chosen.back(), " of ", x.shape()[axis]));
  return {take(x, node.integers(chosen), axis)};
}

/// Coordinates [rank, count] of what is not zero in a tensor that is known at import.
std::vector<Value> non_zero(NodeContext& node) {
  const Literal x = node.required(0);
  const std::vector<double> elements = x.doubles();
  std::vector<std::int64_t> places;
  for (std::size_t i = 0; i < elements.size(); ++i)
    if (elements[i] != 0) places.push_back(static_cast<std::int64_t>(i));
  std::vector<std::int64_t> coordinates;
  const std::vector<std::int64_t> strides = x.shape().strides();
  for (int axis = 0; axis < x.shape().rank(); ++axis)
    for (const std::int64_t place : places)
      coordinates.push_back(place / strides[static_cast<std::size_t>(axis)] % x.shape()[axis]);
  return {node.constant(
      Literal::of(Shape{x.shape().rank(), static_cast<std::int64_t>(places.size())}, coordinates))};
}

/// Turns the first lengths[b] steps of each sequence round.
std::vector<Value> reverse_sequence(NodeContext& node) {
  const Value x = node.input(0);
  const std::int64_t batch_axis = node.attributes().integer("batch_axis", 1);
  const std::int64_t time_axis = node.attributes().integer("time_axis", 0);
  const bool axes_fit = (batch_axis == 0 && time_axis == 1) || (batch_axis == 1 && time_axis == 0);
  if (x.shape().rank() < 2 || !axes_fit) node.invalid("batch_axis and time_axis 0 and 1 expected");
  const Value sequences = batch_axis == 0 ? x : swap_axes(x, 0, 1);
  const std::int64_t batch = sequences.shape()[0];
  const std::int64_t steps = sequences.shape()[1];
  const Value lengths = reshape(node.input(1), Shape{batch, 1});
  const Value step = iota(node.graph(), Shape{batch, steps}, 1);
  const Value turned = lengths - step - ones_like(step);
  const Value rows = reshape(
      sequences, Shape{batch, steps, extent_product(sequences.shape(), 2, x.shape().rank())});
  const Value y =
      reshape(gather(rows, select(less(step, lengths), turned, step)), sequences.shape());
  return {batch_axis == 0 ? y : swap_axes(y, 0, 1)};
}

}  // namespace

void add_gather_nodes(NodeTable& table) {
  table.add("Gather", 1, gather_along);
  table.add("GatherElements", 11, gather_elements);
  table.add("GatherND", 11, gather_nd);
  table.add("OneHot", 9, one_hot);
  table.add("Compress", 9, compress);
  table.add("NonZero", 9, non_zero);
  table.add("ReverseSequence", 10, reverse_sequence);
}

}  // namespace palimpsest::onnx_import
