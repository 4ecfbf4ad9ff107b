#pragma once
// Activations and filters as operators take them.

#include "graph/literal.h"

namespace palimpsest::testing {

/// The logical tensor [N, C, spatial...] as it is stored, with the same dtype.
Literal stored(const Literal& logical, bool channels_last);

/// The logical filter [O, C, kernel...] in blocks (ops/filter_layout.h), with the same dtype.
Literal filter_in_blocks(const Literal& logical);

}  // namespace palimpsest::testing
