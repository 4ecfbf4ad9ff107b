// Convolution and its transpose.

#include <algorithm>

#include "onnx_import/nodes/nodes.h"
#include "onnx_import/nodes/spatial.h"
#include "ops/conv/conv.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

std::int64_t groups_of(const NodeContext& node) {
  const std::int64_t groups = node.attributes().integer("group", 1);
  if (groups < 1) node.invalid(text("group: at least 1 expected, ", groups, " came"));
  return groups;
}

/// The filter's own extents, which kernel_shape must repeat when it is given.
std::vector<std::int64_t> kernel_of(const NodeContext& node, const Shape& x, const Shape& w) {
  if (w.rank() != x.rank()) node.invalid(text("filter ", w, " and input ", x, " differ in rank"));
  std::vector<std::int64_t> kernel(w.begin() + 2, w.end());
  const std::vector<std::int64_t> named = node.attributes().integers("kernel_shape");
  if (!named.empty() && named != kernel)
    node.invalid(text("kernel_shape ", Shape(named), " contradicts the filter ", w));
  return kernel;
}

Value with_bias(NodeContext& node, Value y) {
  const Value bias = node.optional_input(2);
  if (!bias) return y;
  if (!(bias.shape() == Shape{y.shape()[1]}))
    node.invalid(text("bias [", y.shape()[1], "] expected, ", bias.shape(), " came"));
  return y + reshape(bias, ones_shape(y.shape().rank()).with(1, y.shape()[1]));
}

std::vector<Value> convolution(NodeContext& node) {
  const Value x = node.input(0);
  const Value w = node.input(1);
  spatial_rank(node, x.shape());
  const Window window = window_of(node, x.shape(), kernel_of(node, x.shape(), w.shape()));
  const ConvGeometry geometry = conv_geometry(x.shape(), w.shape(), window.stride, window.dilation,
                                              window.pad_low, window.pad_high, groups_of(node));
  return {with_bias(node, conv(x, w, geometry))};
}

/// Where the output of a transposed convolution ends: `natural` is what the windows cover,
/// `output` what is asked for; low and high are cut off.
struct Extent {
  std::int64_t low, high, output, natural;
};

Extent transposed_extent(const NodeContext& node, const Window& window, std::size_t axis,
                         std::int64_t input, std::int64_t output_padding) {
  const std::vector<std::int64_t> wanted = node.attributes().integers("output_shape");
  const std::int64_t covered =
      window.stride[axis] * (input - 1) + (window.size[axis] - 1) * window.dilation[axis] + 1;
  if (wanted.empty() && !is_same_padding(node)) {
    const std::int64_t natural = covered - window.pad_low[axis] - window.pad_high[axis];
    return {window.pad_low[axis], window.pad_high[axis], natural + output_padding, natural};
  }
  // Some writers put N and C before the spatial extents.
  const std::size_t skipped = wanted.size() > window.size.size() ? 2 : 0;
  if (!wanted.empty() && wanted.size() != window.size.size() + skipped)
    node.invalid(
        text("output_shape: ", window.size.size(), " values expected, ", wanted.size(), " came"));
  const std::int64_t output = wanted.empty() ? input * window.stride[axis] : wanted[axis + skipped];
  const std::int64_t total = std::max<std::int64_t>(covered + output_padding - output, 0);
  const bool upper = node.attributes().string("auto_pad", "NOTSET") == "SAME_UPPER";
  const std::int64_t low = upper ? total / 2 : total - total / 2;
  return {low, total - low, output, covered - total};
}

/// A transposed convolution is the input gradient of the convolution that maps its output to its
/// input; ONNX's filter already has that convolution's layout.
std::vector<Value> conv_transpose(NodeContext& node) {
  const Value x = node.input(0);
  const Value w = node.input(1);
  const std::size_t rank = spatial_rank(node, x.shape());
  Window window = window_of(node, x.shape(), kernel_of(node, x.shape(), w.shape()));
  const std::vector<std::int64_t> output_padding =
      spatial_attribute(node, "output_padding", rank, 0);
  const std::int64_t groups = groups_of(node);
  if (groups > w.shape()[0] || w.shape()[0] % groups != 0)
    node.invalid(text("group ", groups, " does not divide the ", w.shape()[0], " channels"));

  std::vector<std::int64_t> result{x.shape()[0], w.shape()[1] * groups};
  std::vector<std::int64_t> beyond(rank + 2, 0);  // zeros that no window reaches
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const Extent extent = transposed_extent(
        node, window, axis, x.shape()[static_cast<int>(axis) + 2], output_padding[axis]);
    window.pad_low[axis] = extent.low;
    window.pad_high[axis] = extent.high;
    const std::int64_t reached = std::min(extent.output, extent.natural + window.stride[axis] - 1);
    beyond[axis + 2] = extent.output - reached;
    result.push_back(reached);
  }
  const ConvGeometry geometry =
      conv_geometry(Shape(std::move(result)), w.shape(), window.stride, window.dilation,
                    window.pad_low, window.pad_high, groups);
  const Value y = conv_input_grad(x, w, geometry);
  return {with_bias(node, pad(y, std::vector<std::int64_t>(rank + 2, 0), beyond))};
}

}  // namespace

void add_conv_nodes(NodeTable& table) {
  table.add("Conv", 1, convolution);
  table.add("ConvTranspose", 1, conv_transpose);
}

}  // namespace palimpsest::onnx_import
