#pragma once
// Where intermediates and workspaces lie in the arena. Lifetimes come from the order of the
// launches; memory is shared by tensors that never live at the same time. Pure arithmetic:
// nothing is allocated here, so the exact need is known before anything is.

#include <span>

#include "runtime/dataflow.h"

namespace palimpsest::runtime {

/// Bytes needed from launch `first` to launch `last`, both included.
struct Lifetime {
  std::size_t bytes = 0;
  std::size_t first = 0, last = 0;
};

struct Packing {
  std::vector<std::size_t> offsets;  ///< one per lifetime, 64-byte aligned
  std::size_t bytes = 0;             ///< extent of the arena
};

/// Greedy by size: the largest first, each into the tightest gap left by what lives at the
/// same time. Deterministic. Throws ResourceError beyond 2^62 bytes.
Packing pack(std::span<const Lifetime> lifetimes);

/// The nodes that launch, in the order in which they will. A node that comes twice is computed
/// again: its readers take the result of its latest launch.
using Order = std::vector<std::uint32_t>;

struct MemoryPlan {
  Order order;
  // By position in the order:
  std::vector<std::size_t> offsets;  ///< of the result, where the node's home is in the arena
  std::vector<std::size_t> workspaces;
  std::size_t arena = 0;  ///< bytes
};

/// The plan for one order. `workspace_bytes` is given by node. A result takes over the memory
/// of an operand that dies at its launch where the kernel allows it and the sizes are equal.
MemoryPlan plan(const Dataflow& flow, Order order, std::span<const std::size_t> workspace_bytes);

}  // namespace palimpsest::runtime
