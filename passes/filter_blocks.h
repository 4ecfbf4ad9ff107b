#pragma once
// Where filters lie in memory: in the blocks in which convolutions read them and write their
// gradients.

#include "graph/function.h"

namespace palimpsest::passes {

/// Stores the gradients of f32 filters in blocks of 16 x 16 channels (ops/filter_layout.h), and
/// with them everything that is computed from them element by element or summed: in gradient
/// matching g, g* and v, so that neither is reordered between the weight gradients, the distance
/// and the products along v. Filters without such a companion stay plain. Results are equal but for
/// the order in which sums are formed. Follows channels_last, and the last differentiation.
Function filters_in_blocks(const Function& source);

}  // namespace palimpsest::passes
