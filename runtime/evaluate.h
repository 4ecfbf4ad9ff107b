#pragma once
// Single nodes and whole functions computed at once, without a plan: for folding, import
// and tests. Not for loops.

#include "graph/function.h"
#include "runtime/kernel_table.h"

namespace palimpsest::runtime {

/// An evaluator over a kernel table of the CPU; the table is copied.
Evaluator evaluator(const KernelTable& kernels);

/// All outputs of a function for the given inputs (one thread unless said otherwise).
std::vector<Literal> evaluate(const Function& function, std::span<const Literal> inputs,
                              const KernelTable& kernels, int threads = 1);

}  // namespace palimpsest::runtime
