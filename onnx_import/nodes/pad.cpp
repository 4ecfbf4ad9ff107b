// Pad in all its modes. Negative pads cut.

#include "ops/gather/gather.h"

#include <algorithm>

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

struct Pads {
  std::vector<std::int64_t> low, high;
};

constexpr std::int64_t largest_pad = std::int64_t{1} << 40;

Pads pads_of(const NodeContext& node, const std::vector<std::int64_t>& pads,
             const std::vector<int>& axes, int rank) {
  if (pads.size() != 2 * axes.size())
    node.invalid(text("pads: ", 2 * axes.size(), " values expected, ", pads.size(), " came"));
  const std::vector<std::int64_t> none(static_cast<std::size_t>(rank), 0);
  Pads result{none, none};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t low = pads[i];
    const std::int64_t high = pads[i + axes.size()];
    if (std::max(low, high) > largest_pad || std::min(low, high) < -largest_pad)
      node.invalid("pads: values within 2^40 expected");
    result.low[static_cast<std::size_t>(axes[i])] = low;
    result.high[static_cast<std::size_t>(axes[i])] = high;
  }
  return result;
}

/// Cuts what negative pads say; the pads that remain are not negative.
Value cut(const NodeContext& node, Value x, Pads& pads) {
  for (std::size_t i = 0; i < pads.low.size(); ++i) {
    const int axis = static_cast<int>(i);
    const std::int64_t first = std::max<std::int64_t>(-pads.low[i], 0);
    const std::int64_t last = std::max<std::int64_t>(-pads.high[i], 0);
    const std::int64_t extent = x.shape()[axis];
    if (first + last > extent)
      node.invalid(text("pads cut ", first + last, " of ", extent, " elements"));
    x = slice_axis(x, axis, first, extent - first - last);
    pads.low[i] = std::max<std::int64_t>(pads.low[i], 0);
    pads.high[i] = std::max<std::int64_t>(pads.high[i], 0);
  }
  return x;
}

/// The primitive pads with zeros; a mask of the inside puts the value in their place.
Value padded_with(Value x, const Pads& pads, double value) {
  const Value zeros = pad(x, pads.low, pads.high);
  if (value == 0 || zeros == x) return zeros;
  const Value inside = pad(full(x.graph(), {DType::boolean, x.shape()}, 1), pads.low, pads.high);
  return select(inside, zeros, full_like(zeros, value));
}

/// The position in [0, extent) that a position outside stands for.
std::int64_t source_position(std::string_view mode, std::int64_t position, std::int64_t extent) {
  if (mode == "edge") return std::clamp<std::int64_t>(position, 0, extent - 1);
  if (mode == "wrap") return ((position % extent) + extent) % extent;
  const std::int64_t period = std::max<std::int64_t>(2 * (extent - 1), 1);
  const std::int64_t folded = ((position % period) + period) % period;
  return std::min(folded, period - folded);
}

Value padded_by_copies(NodeContext& node, Value x, const Pads& pads, const std::string& mode) {
  for (std::size_t i = 0; i < pads.low.size(); ++i) {
    if (pads.low[i] == 0 && pads.high[i] == 0) continue;
    const int axis = static_cast<int>(i);
    const std::int64_t extent = x.shape()[axis];
    if (extent == 0) node.invalid(text("mode ", mode, " needs elements, ", x.shape(), " came"));
    const Shape checked = x.shape().with(axis, pads.low[i] + extent + pads.high[i]);
    if (checked[axis] > (std::int64_t{1} << 28)) node.unsupported("more than 2^28 padded places");
    std::vector<std::int64_t> sources;
    for (std::int64_t p = -pads.low[i]; p < extent + pads.high[i]; ++p)
      sources.push_back(source_position(mode, p, extent));
    x = take(x, node.integers(sources), axis);
  }
  return x;
}

std::vector<Value> padded(NodeContext& node, Pads pads, double value) {
  const std::string mode = node.attributes().string("mode", "constant");
  const Value x = cut(node, node.input(0), pads);
  if (mode == "constant") return {padded_with(x, pads, value)};
  if (mode != "edge" && mode != "reflect" && mode != "wrap")
    node.invalid(text("mode: constant, edge, reflect or wrap expected, '", mode, "' came"));
  return {padded_by_copies(node, x, pads, mode)};
}

std::vector<Value> pad_by_attributes(NodeContext& node) {
  const int rank = node.input(0).shape().rank();
  const std::string_view name = node.opset() < 2 ? "paddings" : "pads";
  return padded(node, pads_of(node, node.attributes().integers(name), all_axes(rank), rank),
                node.attributes().real("value", 0));
}

std::vector<Value> pad_by_inputs(NodeContext& node) {
  const int rank = node.input(0).shape().rank();
  const std::vector<int> axes =
      node.has_input(3) ? axis_indices(node, node.required_integers(3), rank) : all_axes(rank);
  return padded(node, pads_of(node, node.required_integers(1), axes, rank),
                node.has_input(2) ? node.required_real(2) : 0);
}

}  // namespace

void add_pad_nodes(NodeTable& table) {
  table.add("Pad", 1, pad_by_attributes);
  table.add("Pad", 11, pad_by_inputs);
}

}  // namespace palimpsest::onnx_import
