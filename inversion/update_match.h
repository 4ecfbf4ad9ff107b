#pragma once
// Whether a reconstruction explains the update: not a measure of what leaked. Many inputs explain
// an update equally well, and an attack that fails to explain it proves nothing.

#include "inversion/metrics.h"
#include "inversion/problem.h"
#include "runtime/kernel_table.h"

namespace palimpsest::inversion {

/// What the client would have sent for these images and targets against what it sent, over the
/// tensors that were observed. Pixels f32 [N, C, H, W] for all examples of the problem, as the
/// attack found them; targets are labels or rows as for simulate(). Throws InputError for a
/// problem or data that do not fit.
UpdateAgreement update_match(const Problem& problem, const Literal& pixels, const Literal& targets,
                             const runtime::KernelTable& kernels, int threads);

}  // namespace palimpsest::inversion
