#pragma once
// Everything compile decides before it allocates: prepared kernels, the memory plan, which
// constants stay, and what it all needs.

#include "runtime/compile.h"
#include "runtime/memory_plan.h"

namespace palimpsest::runtime {

struct Blueprint {
  Dataflow flow;
  std::vector<std::shared_ptr<Kernel>> kernels;  ///< by node, for the launches
  std::vector<std::uint32_t> constants;          ///< nodes whose data must stay
  MemoryPlan plan;
  MemoryReport memory;
};

/// Throws as compile does, but for the budget.
Blueprint blueprint(const Function& function, const KernelTable& table,
                    const CompileOptions& options);

/// Throws ResourceError naming need, limit and the five largest tensors when there is a limit
/// and the need is above it.
void check_budget(const Blueprint& blueprint, const Function& function, std::size_t limit);

}  // namespace palimpsest::runtime
