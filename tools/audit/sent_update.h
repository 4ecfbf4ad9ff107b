#pragma once
// The client of an audit: what it sends for its images, under a defence.

#include <string>

#include "inversion/problem.h"
#include "runtime/kernel_table.h"

namespace palimpsest::tools {

/// What makes the update of one group from one seed.
struct ClientRun {
  Literal pixels;  ///< f32 [examples, C, H, W] in [0, 1]
  Literal targets;
  std::string defense;  ///< in words: none, gaussian:0.1, clip:4+gaussian:0.1 …
  std::uint64_t seed = 0;
};

/// Throws UsageError for words that name no defence.
void check_defense(const std::string& words);

/// The update as the attacker sees it.
struct SentUpdate {
  inversion::Observed observed;
  std::vector<inversion::NamedTensor> buffers;  ///< running statistics that were sent along
  inversion::Transform transform = inversion::Transform::none;  ///< what undoes the defence
};
SentUpdate sent_update(const inversion::Problem& client, const ClientRun& run,
                       const runtime::KernelTable& kernels, int threads);

}  // namespace palimpsest::tools
