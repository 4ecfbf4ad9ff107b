#pragma once
// Axes as ONNX writes them, -rank to rank - 1, as indices of an operand.

#include "onnx_import/node_context.h"

namespace palimpsest::onnx_import {

/// The index in [0, rank). Throws ImportError, naming the node, out of range.
int axis_index(const NodeContext& node, std::int64_t axis, int rank);
/// The same for a list, which must not name an axis twice.
std::vector<int> axis_indices(const NodeContext& node, const std::vector<std::int64_t>& axes,
                              int rank);
/// 0, 1, ... rank - 1.
std::vector<int> all_axes(int rank);
/// An attribute axis with its fallback, as an index.
int axis_attribute(const NodeContext& node, std::int64_t fallback, int rank);

}  // namespace palimpsest::onnx_import
