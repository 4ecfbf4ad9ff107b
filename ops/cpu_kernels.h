#pragma once
// The CPU's kernel table: one registration call per family, in plain sight.

#include "runtime/kernel_table.h"

namespace palimpsest {

/// Kernels of every primitive for the CPU.
runtime::KernelTable all_cpu_kernels();

// Each family's part, defined in ops/<family>/cpu.cpp.
void add_pointwise_kernels(runtime::KernelTable& table);
void add_movement_kernels(runtime::KernelTable& table);
void add_reduce_kernels(runtime::KernelTable& table);
void add_gather_kernels(runtime::KernelTable& table);
void add_linalg_kernels(runtime::KernelTable& table);
void add_conv_kernels(runtime::KernelTable& table);
void add_window_kernels(runtime::KernelTable& table);
void add_source_kernels(runtime::KernelTable& table);
void add_fused_kernels(runtime::KernelTable& table);
void add_row_kernels(runtime::KernelTable& table);

}  // namespace palimpsest
