#pragma once
// What the two kernels of the depthwise convolutions share.

#include <memory>

#include "ops/conv/cpu_gather_plan.h"

namespace palimpsest {

/// Multiplications of a chunk of parallel work: some ten microseconds.
inline constexpr std::int64_t depthwise_chunk_products = 1 << 19;

/// The plan is that of the forward convolution.
std::unique_ptr<runtime::Kernel> depthwise_filter_grad_kernel(GatherPlan plan);

}  // namespace palimpsest
