#pragma once
// What the two kernels of convolutions in small groups share.

#include <memory>

#include "ops/conv/cpu_gather_plan.h"
#include "ops/conv/cpu_group_loops.h"

namespace palimpsest {

/// Multiplications of a chunk of parallel work: some ten microseconds.
inline constexpr std::int64_t group_chunk_products = 1 << 20;

/// Asks for part `part` of `parts` of the rows of the source that row `y` of the result reads and
/// row y - 1 does not: units read it piecemeal, which the processor does not foresee.
void fetch_fresh_rows(const GatherPlan& plan, const float* image, std::int64_t y, std::int64_t part,
                      std::int64_t parts);

/// The plan is that of the forward convolution.
std::unique_ptr<runtime::Kernel> group_filter_grad_kernel(GatherPlan plan, const GroupLoops& loops,
                                                          std::int64_t group);

}  // namespace palimpsest
