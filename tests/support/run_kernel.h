#pragma once
// One kernel on its own, outside of any program, and watched: its workspace and result begin
// as NaN, memory behind them must stay untouched, a second run must give the same bits.

#include <string>
#include <vector>

#include "graph/literal.h"
#include "runtime/kernel_table.h"

namespace palimpsest::testing {

struct KernelRun {
  int threads = 1;
  /// Operands to hand over as constants of the program.
  std::vector<std::size_t> constants;
  /// See runtime::KernelRequest.
  runtime::KernelChoices* choices = nullptr;
};

struct KernelResult {
  Literal value;
  std::string algorithm;
  std::size_t allocations = 0;  ///< calls of operator new in one run
  std::size_t resident_bytes = 0;
  std::vector<bool> absorbed;  ///< per operand
};

/// Throws std::logic_error when the kernel writes behind its memory or is not repeatable.
KernelResult run_kernel(const runtime::KernelTable& table, const Op& op,
                        const std::vector<Literal>& operands, const KernelRun& options = {});

}  // namespace palimpsest::testing
