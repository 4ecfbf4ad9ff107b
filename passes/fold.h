#pragma once
// Computes at once what depends on constants only.

#include "graph/function.h"

namespace palimpsest::passes {

struct FoldLimits {
  /// A result up to this size is folded whatever its operands are; a larger one only when it is
  /// no larger than its constant operands together, so that folding never blows up memory.
  std::size_t small_bytes = 4096;
};

/// Replaces nodes whose operands are constants by constants. A broadcast of a constant stays
/// as it is, since kernels and rules read it cheaply, but counts as known to its users; an
/// elementwise primitive of numbers that fill tensors is computed on one element. A node whose
/// computation throws NumericError stays.
Function fold_constants(const Function& source, const Evaluator& evaluate, FoldLimits limits = {});

}  // namespace palimpsest::passes
