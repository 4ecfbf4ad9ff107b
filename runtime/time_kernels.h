#pragma once
// How long kernels take that compute the same node.

#include <memory>
#include <span>
#include <vector>

#include "runtime/kernel.h"

namespace palimpsest::runtime {

/// Seconds of the fastest of several runs of each kernel, on operands of the request's types that
/// hold made-up values (constants hold their own), taken in turns so that a disturbance meets all.
/// A kernel that takes half as long again as another is given up early. Bounded: about a fifth of a
/// second, or six runs of each where that takes longer. With one thread it is processor time.
/// Besides the kernels, memory is needed for one set of operands, one result and the largest
/// workspace. Infinite for a kernel that refuses its data.
std::vector<double> least_seconds(const KernelRequest& request,
                                  std::span<const std::unique_ptr<Kernel>> kernels);

}  // namespace palimpsest::runtime
