#pragma once
// Activations as an operator with channels first or last takes them.

#include "graph/literal.h"

namespace palimpsest::testing {

/// The logical tensor [N, C, spatial...] as it is stored, with the same dtype.
Literal stored(const Literal& logical, bool channels_last);

}  // namespace palimpsest::testing
