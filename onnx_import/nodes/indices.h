#pragma once
// Indices of gathers and scatters: ONNX counts negative ones from the end, the primitives want
// positions in a flattened tensor.

#include "onnx_import/node_context.h"

namespace palimpsest::onnx_import {

/// The indices of an input, wrapped into [0, extent). Known ones become a constant, checked here
/// (ImportError); others are checked at every run by the primitive that uses them.
Value wrapped_indices(NodeContext& node, std::size_t index, std::int64_t extent);

/// Positions in the flattened tensor `x` of the elements that GatherElements and ScatterElements
/// mean by `indices` along `axis`; shaped like the indices.
Value element_positions(NodeContext& node, std::size_t index, const Shape& x, int axis);

/// For indices [..., q] into the q axes of `x` after its first `batch` axes: positions among the
/// product of those q extents, shaped like the indices without their last axis.
Value block_positions(NodeContext& node, std::size_t index, const Shape& x, int batch);

/// Product of the extents from axis `first` to before `last`.
std::int64_t extent_product(const Shape& x, int first, int last);

}  // namespace palimpsest::onnx_import
