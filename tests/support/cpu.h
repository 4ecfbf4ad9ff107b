#pragma once
// The CPU's kernels, built once for all tests.

#include "runtime/kernel_table.h"

namespace palimpsest::testing {

const runtime::KernelTable& cpu();

}  // namespace palimpsest::testing
