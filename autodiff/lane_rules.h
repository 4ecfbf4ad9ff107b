#pragma once
// What vmap makes of one node. Rules exist by kind: a primitive that treats elements, matrices or
// batch elements one by one takes the lanes as more of them.

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace palimpsest::autodiff {

/// The operands that a primitive has after vmap; at least one has lanes.
struct LaneCall {
  Graph& graph;
  std::int64_t lanes;
  std::vector<Value> operands;
  std::vector<bool> has_lanes;  ///< by operand: [lanes, ...] or as in the source

  /// Operand k with its lanes; one that has none is repeated for each.
  Value laned(std::size_t k) const;
  std::vector<Value> all_laned() const;
};

/// The lanes of op(operands), each computed as the source would. Throws std::logic_error for
/// nodes that vmap cannot meet before the passes that form them.
Value laned_result(const Op& op, const LaneCall& call);

/// The primitive once per lane: right for all, and best where each lane has a filter of its own.
Value unrolled(const Op& op, const LaneCall& call);

// The families of rules; each returns a null Value for a primitive of another family.

/// Where all operands and the result begin with an axis of extent 1 that the primitive leaves alone
/// (as for models of batch size 1), the lanes take its place: the graph is that of a larger batch,
/// and passes that look for images or rows find them.
Value laned_in_front(const Op& op, const LaneCall& call);
Value laned_movement(const Op& op, const LaneCall& call);  ///< one more axis in front
Value laned_along(const Op& op, const LaneCall& call);     ///< reductions, scans, indices
Value laned_product(const Op& op, const LaneCall& call);   ///< matrices and convolutions

/// [lanes, n, ...] <-> [lanes * n, ...]: lanes as more batch elements, free of cost.
Value with_lanes_merged(Value x);
Value with_lanes_split(Value x, std::int64_t lanes);

}  // namespace palimpsest::autodiff
