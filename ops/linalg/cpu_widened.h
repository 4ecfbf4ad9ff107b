#pragma once
// Products of operands stored as bf16, on kernels that only know f32.

#include <memory>

#include "runtime/kernel_table.h"

namespace palimpsest {

/// A kernel of two operands: converts those in bf16 to f32 in its workspace, then runs what
/// `prepare` makes of the request in f32.
std::unique_ptr<runtime::Kernel> widened_kernel(const runtime::KernelRequest& request,
                                                runtime::KernelTable::Factory prepare);

}  // namespace palimpsest
