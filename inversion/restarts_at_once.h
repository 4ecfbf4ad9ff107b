#pragma once
// How many restarts share a program.

#include "inversion/session.h"

namespace palimpsest::inversion {

/// What the resources ask for, or a choice: as many as keep the forward passes of all at once
/// below 0.1 MFLOP, at most 16. Larger models fill a processor with one candidate, and their
/// tensors would only drive each other out of its caches. Restarts are spread evenly over the
/// rounds that this takes. Never more than there are restarts.
std::int64_t restarts_at_once(const Problem& problem, const AttackSpec& spec,
                              const Resources& resources);

}  // namespace palimpsest::inversion
