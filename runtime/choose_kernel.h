#pragma once
// One of several kernels that can compute a node: by rule, by what was chosen before, or by
// measuring.

#include <functional>
#include <span>
#include <string>

#include "runtime/kernel.h"

namespace palimpsest::runtime {

/// A kernel that may do. Its name is what choices record, so it must not change between runs of
/// one version.
struct KernelCandidate {
  std::string name;
  /// Null where the kernel does not apply. May throw what preparing throws.
  std::function<std::unique_ptr<Kernel>(const KernelRequest&)> prepare;
};

/// The rule's choice is the first candidate that applies. Without choices, and in reproducible
/// programs, it is taken. With them, a recorded algorithm is; the rule's where there is no such
/// candidate or it does not apply. Where nothing is recorded and measuring is allowed, candidates
/// that apply are timed and the fastest is recorded; the rule's wins unless another is faster by
/// more than measurements differ anyway. Null when no candidate applies.
std::unique_ptr<Kernel> chosen_kernel(const KernelRequest& request,
                                      std::span<const KernelCandidate> candidates);

/// The key of a request in KernelChoices: primitive, attributes, dtypes and shapes of the operands,
/// which of them are constant, threads.
std::string choice_key(const KernelRequest& request);

}  // namespace palimpsest::runtime
