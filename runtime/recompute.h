#pragma once
// Less memory for more time: launches that come twice, so that their results need not be kept
// from one use to the next.

#include "runtime/memory_plan.h"

namespace palimpsest::runtime {

/// A plan whose arena has at most `arena` bytes, or as few as repeating launches can give; the
/// plan itself when it fits already. Results keep their bits. What lives through the peak unused
/// is computed again right before its next use, with what of its operands is gone by then: first
/// what needs no product, then what needs one. Deterministic.
MemoryPlan recomputing_plan(const Dataflow& flow, MemoryPlan plan,
                            std::span<const std::size_t> workspace_bytes, std::size_t arena);

/// Convolutions and products of matrices: what costs most to repeat.
bool is_product(const Dataflow& flow, std::uint32_t node);

}  // namespace palimpsest::runtime
