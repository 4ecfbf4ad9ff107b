// Indexed writes.

#include <set>

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/indices.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

/// Operands in the shape of the primitives: x [1, N, D], positions [1, K], updates [1, K, D].
struct Writes {
  Value x, positions, updates;
};

Value combined(const NodeContext& node, const std::string& reduction, Value old, Value update) {
  if (reduction == "mul") return old * update;
  if (reduction == "max") return maximum(old, update);
  if (reduction == "min") return minimum(old, update);
  node.invalid(text("reduction: none, add, mul, max or min expected, '", reduction, "' came"));
}

/// Whether indices repeat matters only to products and extrema, where it must be known: the
/// places then are read, combined and written back.
void refuse_repeated(NodeContext& node, std::size_t depth) {
  const std::vector<std::int64_t> indices = node.required_integers(1);
  std::set<std::vector<std::int64_t>> seen;
  for (std::size_t i = 0; i + depth <= indices.size(); i += depth)
    if (!seen.emplace(indices.begin() + static_cast<std::ptrdiff_t>(i),
                      indices.begin() + static_cast<std::ptrdiff_t>(i + depth))
             .second)
      node.unsupported("mul, max and min over repeated indices");
}

/// x with the updates in place of what is at the positions. ONNX forbids repeated positions.
Value overwritten(const Writes& writes) {
  const std::int64_t size = writes.x.shape()[1];
  const Value ones = full(writes.x.graph(), {DType::i64, writes.positions.shape()}, 1);
  const Value count = scatter_add(expand_axis(ones, -1), writes.positions, size);
  const Value written = broadcast_to(greater(count, zeros_like(count)), writes.x.shape());
  return select(written, scatter_add(writes.updates, writes.positions, size), writes.x);
}

Value scattered(NodeContext& node, Writes writes, std::size_t depth) {
  const std::string reduction = node.attributes().string("reduction", "none");
  if (writes.x.dtype() == DType::boolean) node.unsupported("bool data");
  if (reduction == "add")
    return writes.x + scatter_add(writes.updates, writes.positions, writes.x.shape()[1]);
  if (reduction != "none") {
    refuse_repeated(node, depth);
    writes.updates = combined(node, reduction, gather(writes.x, writes.positions), writes.updates);
  }
  return overwritten(writes);
}

std::vector<Value> scatter_elements(NodeContext& node) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, 0, x.shape().rank());
  const Value positions = element_positions(node, 1, x.shape(), axis);
  const Value updates = node.input(2);
  if (!(updates.shape() == positions.shape()))
    node.invalid(text("updates ", positions.shape(), " expected, ", updates.shape(), " came"));
  if (node.attributes().string("reduction", "none") != "none" && x.shape().rank() > 1 &&
      node.attributes().string("reduction", "none") != "add")
    node.unsupported("mul, max and min over more than one axis");
  const std::int64_t count = positions.shape().elements();
  const Value y =
      scattered(node,
                {reshape(x, Shape{1, x.shape().elements(), 1}), reshape(positions, Shape{1, count}),
                 reshape(updates, Shape{1, count, 1})},
                1);
  return {reshape(y, x.shape())};
}

std::vector<Value> scatter_nd(NodeContext& node) {
  const Value x = node.input(0);
  const Value positions = block_positions(node, 1, x.shape(), 0);
  const Value updates = node.input(2);
  const auto depth = static_cast<int>(node.input(1).shape()[-1]);
  const std::int64_t block = extent_product(x.shape(), depth, x.shape().rank());
  const std::int64_t count = positions.shape().elements();
  if (updates.shape().elements() != count * block)
    node.invalid(
        text("updates of ", count * block, " elements expected, ", updates.shape(), " came"));
  const Value y =
      scattered(node,
                {reshape(x, Shape{1, extent_product(x.shape(), 0, depth), block}),
                 reshape(positions, Shape{1, count}), reshape(updates, Shape{1, count, block})},
                static_cast<std::size_t>(depth));
  return {reshape(y, x.shape())};
}

}  // namespace

void add_scatter_nodes(NodeTable& table) {
  table.add("Scatter", 9, scatter_elements);
  table.add("ScatterElements", 11, scatter_elements);
  table.add("ScatterND", 11, scatter_nd);
}

}  // namespace palimpsest::onnx_import
