#pragma once
// From a function to a Program: verifies it, prepares one kernel a node, lays all
// intermediate tensors out in one arena. All choices and all allocations happen here.

#include "graph/function.h"
#include "runtime/kernel_choices.h"
#include "runtime/kernel_table.h"
#include "runtime/program.h"

namespace palimpsest::runtime {

struct CompileOptions {
  int threads = 1;
  /// The same bits whatever the number of threads; without it, at a given number of threads.
  bool reproducible = false;
  /// Which algorithms to take where several compute a node, and whether what is missing may be
  /// measured now; null: those that the kernels' rules give. Reproducible programs go by the rules.
  KernelChoices* choices = nullptr;
  /// Above this, launches are repeated instead of keeping their results; what needs more all the
  /// same is refused (ResourceError, naming need, limit and the largest tensors). 0: no limit.
  std::size_t max_memory = 0;
  /// State of the loop: after each run, output first becomes input second. Types must be equal.
  std::vector<std::pair<std::size_t, std::size_t>> feedback{};
};

/// Throws UnsupportedError for a primitive without a kernel, ResourceError for the budget,
/// InputError for options out of range, ShapeError for feedback between different types.
Program compile(const Function& function, const KernelTable& kernels,
                const CompileOptions& options = {});

/// Exactly what compile would report, without allocating it; kernels are prepared to learn their
/// needs, and dropped again. A need above the budget is reported, not refused.
MemoryReport plan_memory(const Function& function, const KernelTable& kernels,
                         const CompileOptions& options = {});

}  // namespace palimpsest::runtime
