#pragma once
// Fusion: the last pass, since nothing looks into a fused node.

#include "graph/function.h"

namespace palimpsest::passes {

struct FuseLimits {
  std::size_t max_instructions = 32;      ///< of one group
  std::size_t max_operands = 16;          ///< of one group
  std::size_t max_row_instructions = 64;  ///< of one group that goes row by row
};

/// Groups elementwise nodes of one shape whose values are used inside their group only, but
/// for the last, and replaces each group by one FusedPointwise. Chains that end in a sum or a
/// maximum become one FusedReduction with it, and reductions along the same axes that read the
/// same tensors become one, its results taken apart by slices. Broadcasts become strided reads
/// of what they repeat, casts to wider types are made where they are read. Results keep their
/// bits.
Function fuse(const Function& source, FuseLimits limits = {});

}  // namespace palimpsest::passes
