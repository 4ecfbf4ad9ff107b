#pragma once
// Where values lie in memory: activations around convolutions are stored channels last, the
// layout in which convolutions of the backends are fastest.

#include "graph/function.h"

namespace palimpsest::passes {

/// Gives every convolution channels-last operands and results, and lets the permutations that
/// this takes sink through elementwise primitives, broadcasts, reductions, windows, gathers by
/// position (max pooling), concatenations, slices and paddings until they cancel or meet a
/// primitive that wants the old order. Inputs and outputs keep their layout. Results are equal
/// but for the order in which sums are formed. Must follow the last differentiation.
Function channels_last(const Function& source);

}  // namespace palimpsest::passes
