#pragma once
// The window attributes that convolutions and pools share.

#include "onnx_import/node_context.h"

namespace palimpsest::onnx_import {

/// One entry a spatial axis.
struct Window {
  std::vector<std::int64_t> size, stride, dilation, pad_low, pad_high;
};

/// strides, dilations, pads and auto_pad for windows of the given size over `input`
/// ([N, C, spatial...]); missing attributes have ONNX's defaults. Throws ImportError naming the
/// attribute for a wrong count or a value outside of [1, 2^20] (pads: [0, 2^20]).
Window window_of(const NodeContext& node, const Shape& input, std::vector<std::int64_t> size);

/// The attribute, or `count` times `fallback` when it is missing; checked as above.
std::vector<std::int64_t> spatial_attribute(const NodeContext& node, std::string_view name,
                                            std::size_t count, std::int64_t fallback);

/// True when auto_pad asks for as many windows as strides fit into the input.
bool is_same_padding(const NodeContext& node);

/// The number of spatial axes of an operand; ImportError for rank below 3.
std::size_t spatial_rank(const NodeContext& node, const Shape& input);

}  // namespace palimpsest::onnx_import
