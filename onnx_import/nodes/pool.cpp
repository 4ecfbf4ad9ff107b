// Pooling over windows and over all places.

#include "ops/nn/pool.h"
#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "onnx_import/nodes/spatial.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "ops/source/source.h"

namespace palimpsest::onnx_import {
namespace {

WindowGeometry geometry_of(const NodeContext& node, const Shape& x) {
  const Window window = window_of(node, x, node.attributes().integers("kernel_shape"));
  // SAME padding already counts ceil(input / stride) windows.
  const bool ceil = node.attributes().integer("ceil_mode", 0) != 0 && !is_same_padding(node);
  return window_geometry(x, window.size, window.stride, window.dilation, window.pad_low,
                         window.pad_high, ceil ? Rounding::ceil : Rounding::floor);
}

/// ONNX counts positions over the whole tensor, the primitive within each channel.
Value tensor_positions(Value positions, const Shape& x) {
  const std::int64_t places = x.elements() / std::max<std::int64_t>(x[0] * x[1], 1);
  const Shape planes{x[0], x[1]};
  Graph& graph = positions.graph();
  const Value plane =
      iota(graph, planes, 0) * full(graph, {DType::i64, {}}, static_cast<double>(x[1])) +
      iota(graph, planes, 1);
  const Shape aligned = ones_shape(x.rank()).with(0, x[0]).with(1, x[1]);
  return positions +
         reshape(plane, aligned) * full(graph, {DType::i64, {}}, static_cast<double>(places));
}

std::vector<Value> max_pool(NodeContext& node) {
  const Value x = node.input(0);
  const WindowGeometry geometry = geometry_of(node, x.shape());
  const Value y = nn::max_pool(x, geometry);
  if (!node.wants_output(1)) return {y};
  if (node.attributes().integer("storage_order", 0) != 0)
    node.unsupported("column-major indices (storage_order 1)");
  return {y, tensor_positions(window_argmax(x, geometry), x.shape())};
}

std::vector<Value> average_pool(NodeContext& node) {
  const Value x = node.input(0);
  const bool include = node.attributes().integer("count_include_pad", 0) != 0;
  return {nn::average_pool(x, geometry_of(node, x.shape()),
                           include ? nn::CountPadding::include : nn::CountPadding::exclude)};
}

/// Values go back to the places that MaxPool's indices name; all other places are 0.
std::vector<Value> max_unpool(NodeContext& node) {
  const Value x = node.input(0);
  const Window window = window_of(node, x.shape(), node.attributes().integers("kernel_shape"));
  std::vector<std::int64_t> natural{x.shape()[0], x.shape()[1]};
  for (std::size_t i = 0; i < window.size.size(); ++i)
    natural.push_back((x.shape()[static_cast<int>(i) + 2] - 1) * window.stride[i] + window.size[i] -
                      window.pad_low[i] - window.pad_high[i]);
  const Shape inferred(std::move(natural));
  const Shape output = node.has_input(2) ? Shape(node.required_integers(2)) : inferred;
  if (output.rank() != inferred.rank()) node.invalid(text("output_shape ", output));
  // Indices count over the tensor that was pooled; a larger output keeps its corner.
  const std::int64_t count = x.shape().elements();
  const Value flat = scatter_add(reshape(x, Shape{1, count, 1}),
                                 reshape(node.input(1), Shape{1, count}), inferred.elements());
  std::vector<std::int64_t> beyond;
  for (int axis = 0; axis < output.rank(); ++axis) beyond.push_back(output[axis] - inferred[axis]);
  return {pad(reshape(flat, inferred), std::vector<std::int64_t>(beyond.size(), 0), beyond)};
}

/// (sum of |x|^p)^(1/p), over what `sum` sums.
template <class F>
Value power_mean(NodeContext& node, Value x, F sum) {
  const double p = static_cast<double>(node.attributes().integer("p", 2));
  if (p < 1) node.invalid(text("p: at least 1 expected, ", p, " came"));
  if (p == 1) return sum(abs(x));
  if (p == 2) return sqrt(sum(x * x));
  const Value powers = sum(pow(abs(x), full_like(x, p)));
  return pow(powers, full_like(powers, 1 / p));
}

std::vector<Value> lp_pool(NodeContext& node) {
  const Value x = node.input(0);
  const WindowGeometry geometry = geometry_of(node, x.shape());
  return {power_mean(node, x, [&](Value v) { return window_sum(v, geometry); })};
}

std::vector<int> spatial_axes(const NodeContext& node, const Shape& x) {
  const auto rank = static_cast<int>(spatial_rank(node, x));
  std::vector<int> axes;
  for (int axis = 0; axis < rank; ++axis) axes.push_back(axis + 2);
  return axes;
}

std::vector<Value> global_lp_pool(NodeContext& node) {
  const Value x = node.input(0);
  const std::vector<int> axes = spatial_axes(node, x.shape());
  return {power_mean(node, x, [&](Value v) { return reduce_sum(v, axes); })};
}

template <Value (*f)(Value)>
std::vector<Value> global(NodeContext& node) {
  spatial_rank(node, node.input(0).shape());
  return {f(node.input(0))};
}

}  // namespace

void add_pool_nodes(NodeTable& table) {
  table.add("MaxPool", 1, max_pool);
  table.add("MaxUnpool", 9, max_unpool);
  table.add("AveragePool", 1, average_pool);
  table.add("LpPool", 2, lp_pool);
  table.add("GlobalAveragePool", 1, global<nn::global_average_pool>);
  table.add("GlobalMaxPool", 1, global<nn::global_max_pool>);
  table.add("GlobalLpPool", 2, global_lp_pool);
}

}  // namespace palimpsest::onnx_import
