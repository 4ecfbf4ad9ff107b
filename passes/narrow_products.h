#pragma once
// Mixed precision: which products read their operands as bf16.

#include "graph/function.h"

namespace palimpsest::passes {

/// Convolutions and matrix products of f32 that `exact` does not depend on read their operands
/// rounded to bf16, and sum in f32. Those `exact` depends on stay as they are: with the primal
/// forward pass as `exact`, masks and maxima are those of full precision, and only the size of
/// derivatives is rounded. Grouped convolutions and small products stay in f32, where bf16 gains
/// nothing. Must follow the last differentiation. `exact`: values of source.graph.
Function narrow_products(const Function& source, Operands exact);

}  // namespace palimpsest::passes
