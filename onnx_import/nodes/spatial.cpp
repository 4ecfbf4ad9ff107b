#include "onnx_import/nodes/spatial.h"

#include <algorithm>

namespace palimpsest::onnx_import {
namespace {

// Times the largest extent, 2^40, still a number that does not overflow.
constexpr std::int64_t largest = std::int64_t{1} << 20;

void check_range(const NodeContext& node, std::string_view name,
                 const std::vector<std::int64_t>& values, std::size_t count, std::int64_t least) {
  if (values.size() != count)
    node.invalid(text(name, ": ", count, " values expected, ", values.size(), " came"));
  for (const std::int64_t value : values)
    if (value < least || value > largest)
      node.invalid(text(name, ": values in [", least, ", 2^20] expected, ", value, " came"));
}

void set_explicit_pads(const NodeContext& node, Window& window) {
  const std::size_t rank = window.size.size();
  std::vector<std::int64_t> pads = node.attributes().integers("pads");
  if (pads.empty()) pads.assign(2 * rank, 0);
  check_range(node, "pads", pads, 2 * rank, 0);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  window.pad_low.assign(pads.begin(), middle);
  window.pad_high.assign(middle, pads.end());
}

/// As many windows as ceil(input / stride); the odd element goes to the side that is named.
void set_same_pads(const Shape& input, bool upper, Window& window) {
  for (std::size_t i = 0; i < window.size.size(); ++i) {
    const std::int64_t extent = input[static_cast<int>(i) + 2];
    const std::int64_t count = (extent + window.stride[i] - 1) / window.stride[i];
    const std::int64_t covered =
        (count - 1) * window.stride[i] + (window.size[i] - 1) * window.dilation[i] + 1;
    const std::int64_t total = std::max<std::int64_t>(covered - extent, 0);
    const std::int64_t low = upper ? total / 2 : total - total / 2;
    window.pad_low.push_back(low);
    window.pad_high.push_back(total - low);
  }
}

}  // namespace

std::vector<std::int64_t> spatial_attribute(const NodeContext& node, std::string_view name,
                                            std::size_t count, std::int64_t fallback) {
  std::vector<std::int64_t> values = node.attributes().integers(name);
  if (values.empty()) values.assign(count, fallback);
  check_range(node, name, values, count, std::min<std::int64_t>(fallback, 1));
  return values;
}

bool is_same_padding(const NodeContext& node) {
  const std::string mode = node.attributes().string("auto_pad", "NOTSET");
  return mode == "SAME_UPPER" || mode == "SAME_LOWER";
}

std::size_t spatial_rank(const NodeContext& node, const Shape& input) {
  if (input.rank() < 3)
    node.invalid(text("[N, C, spatial...] expected as input 0, ", input, " came"));
  return static_cast<std::size_t>(input.rank() - 2);
}

Window window_of(const NodeContext& node, const Shape& input, std::vector<std::int64_t> size) {
  const std::size_t rank = spatial_rank(node, input);
  check_range(node, "kernel_shape", size, rank, 1);
  Window window{.size = std::move(size),
                .stride = spatial_attribute(node, "strides", rank, 1),
                .dilation = spatial_attribute(node, "dilations", rank, 1),
                .pad_low = {},
                .pad_high = {}};
  const std::string mode = node.attributes().string("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER")
    set_same_pads(input, mode == "SAME_UPPER", window);
  else if (mode == "NOTSET" || mode.empty())
    set_explicit_pads(node, window);
  else if (mode == "VALID")
    window.pad_low = window.pad_high = std::vector<std::int64_t>(rank, 0);
  else
    node.invalid(
        text("auto_pad: NOTSET, VALID, SAME_UPPER or SAME_LOWER expected, '", mode, "' came"));
  return window;
}

}  // namespace palimpsest::onnx_import
