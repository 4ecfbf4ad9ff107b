#pragma once
// What vmap makes of one node. Rules exist by kind: a primitive that treats elements, matrices or
// batch elements one by one takes the lanes as more of them.

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

// The families of rules; each returns a null Value for a primitive of another family.

Value laned_movement(const Op& op, const LaneCall& call);  ///< one more axis in front
Value laned_along(const Op& op, const LaneCall& call);     ///< reductions, scans, indices
Value laned_product(const Op& op, const LaneCall& call);   ///< matrices and convolutions

/// [lanes, n, ...] <-> [lanes * n, ...]: lanes as more batch elements, free of cost.
Value with_lanes_merged(Value x);
Value with_lanes_split(Value x, std::int64_t lanes);

}  // namespace palimpsest::autodiff
