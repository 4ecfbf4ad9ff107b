#include "tests/support/cpu.h"

#include "ops/cpu_kernels.h"

namespace palimpsest::testing {

const runtime::KernelTable& cpu() {
  static const runtime::KernelTable kernels = all_cpu_kernels();
  return kernels;
}

}  // namespace palimpsest::testing
