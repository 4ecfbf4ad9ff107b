// Sequences of tensors, unpacked at import: their lengths and positions must be known.

#include <algorithm>

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/movement/movement.h"

namespace palimpsest::onnx_import {
namespace {

/// A position in [-size, size], where `size` itself stands for the end.
std::size_t place_in(const NodeContext& node, std::int64_t position, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  if (position < -count || position > count)
    node.invalid(text("a position in [", -count, ", ", count, "] expected, ", position, " came"));
  return static_cast<std::size_t>(position < 0 ? position + count : position);
}

std::vector<Value> construct(NodeContext& node) {
  node.return_sequence(node.inputs());
  return {};
}

std::vector<Value> empty(NodeContext& node) {
  node.return_sequence({});
  return {};
}

std::vector<Value> at(NodeContext& node) {
  const std::vector<Value>& values = node.sequence(0);
  const std::size_t place = place_in(node, node.required_integer(1), values.size());
  if (place == values.size()) node.invalid(text("position ", place, " of ", values.size()));
  return {values[place]};
}

std::vector<Value> length(NodeContext& node) {
  return {node.constant(Literal::scalar(static_cast<std::int64_t>(node.sequence(0).size())))};
}

std::vector<Value> insert(NodeContext& node) {
  std::vector<Value> values = node.sequence(0);
  const std::size_t place =
      node.has_input(2) ? place_in(node, node.required_integer(2), values.size()) : values.size();
  values.insert(values.begin() + static_cast<std::ptrdiff_t>(place), node.input(1));
  node.return_sequence(std::move(values));
  return {};
}

std::vector<Value> erase(NodeContext& node) {
  std::vector<Value> values = node.sequence(0);
  if (values.empty()) node.invalid("the sequence is empty");
  const std::size_t place = node.has_input(1)
                                ? place_in(node, node.required_integer(1), values.size())
                                : values.size() - 1;
  if (place == values.size()) node.invalid(text("position ", place, " of ", values.size()));
  values.erase(values.begin() + static_cast<std::ptrdiff_t>(place));
  node.return_sequence(std::move(values));
  return {};
}

std::vector<Value> join(NodeContext& node) {
  std::vector<Value> values = node.sequence(0);
  if (values.empty()) node.invalid("the sequence is empty");
  const bool stacks = node.attributes().integer("new_axis", 0) != 0;
  const int rank = values.front().shape().rank() + (stacks ? 1 : 0);
  const int axis = axis_index(node, node.attributes().integer("axis"), rank);
  if (stacks)
    for (Value& value : values) value = expand_axis(value, axis);
  return {concat(std::move(values), axis)};
}

/// Sizes of the parts: all given, or one size for all but the last.
std::vector<std::int64_t> part_sizes(NodeContext& node, std::int64_t extent) {
  if (!node.has_input(1)) return std::vector<std::int64_t>(static_cast<std::size_t>(extent), 1);
  const Literal split = node.required(1);
  std::vector<std::int64_t> sizes = split.integers();
  if (split.shape().rank() > 0) return sizes;
  const std::int64_t size = sizes.front();
  if (size < 1) node.invalid(text("split: at least 1 expected, ", size, " came"));
  sizes.clear();
  for (std::int64_t start = 0; start < extent; start += size)
    sizes.push_back(std::min(size, extent - start));
  return sizes;
}

std::vector<Value> split(NodeContext& node) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, 0, x.shape().rank());
  const std::int64_t extent = x.shape()[axis];
  if (extent > (1 << 20)) node.unsupported("more than 2^20 parts");
  const bool keeps = node.has_input(1) || node.attributes().integer("keepdims", 1) != 0;
  std::vector<Value> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : part_sizes(node, extent)) {
    if (size < 0 || size > extent - start)
      node.invalid(text("split: part of ", size, " at ", start, " of ", extent));
    const Value part = slice_axis(x, axis, start, size);
    parts.push_back(keeps ? part : squeeze_axis(part, axis));
    start += size;
  }
  if (start != extent) node.invalid(text("split: the parts cover ", start, " of ", extent));
  node.return_sequence(std::move(parts));
  return {};
}

}  // namespace

void add_sequence_nodes(NodeTable& table) {
  table.add("SequenceConstruct", 11, construct);
  table.add("SequenceEmpty", 11, empty);
  table.add("SequenceAt", 11, at);
  table.add("SequenceLength", 11, length);
  table.add("SequenceInsert", 11, insert);
  table.add("SequenceErase", 11, erase);
  table.add("ConcatFromSequence", 11, join);
  table.add("SplitToSequence", 11, split);
}

}  // namespace palimpsest::onnx_import
