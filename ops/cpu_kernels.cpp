#include "ops/cpu_kernels.h"

namespace palimpsest {

runtime::KernelTable all_cpu_kernels() {
  runtime::KernelTable table;
  add_pointwise_kernels(table);
  add_movement_kernels(table);
  add_reduce_kernels(table);
  add_gather_kernels(table);
  add_linalg_kernels(table);
  add_conv_kernels(table);
  add_window_kernels(table);
  add_source_kernels(table);
  add_fused_kernels(table);
  add_row_kernels(table);
  return table;
}

}  // namespace palimpsest
