#pragma once
// Orders in which the launches of a function may run. Finding the order with the lowest peak
// is NP-hard; a few cheap candidates are made here and the memory plan decides among them.

#include <vector>

#include "runtime/memory_plan.h"

namespace palimpsest::runtime {

/// The order in which the graph was written.
Order index_order(const Dataflow& flow);

/// Depth first from the outputs: a value is computed right before its first use.
Order depth_first_order(const Dataflow& flow);

/// List scheduling: of the launches whose operands are ready, always the one after which the
/// fewest bytes are live.
Order greedy_order(const Dataflow& flow);

/// As written, but launches after which fewer bytes are live than before come as soon as they can.
Order releasing_order(const Dataflow& flow);

/// The plan with the smallest arena among these orders; the first of equal ones.
MemoryPlan best_plan(const Dataflow& flow, std::span<const std::size_t> workspace_bytes);

}  // namespace palimpsest::runtime
