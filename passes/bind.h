#pragma once
// Turns inputs into constants: what is the same in all runs of a program (weights, observed
// gradients) is bound before folding and compilation.

#include <span>
#include <utility>

#include "graph/function.h"

namespace palimpsest::passes {

/// The function with the inputs at these positions replaced by their literals; the remaining
/// inputs keep their order and are numbered anew. Data is shared, not copied. Throws InputError
/// for a position that does not exist or is named twice, ShapeError for another type.
Function bind(const Function& source, std::span<const std::pair<std::size_t, Literal>> values);

}  // namespace palimpsest::passes
