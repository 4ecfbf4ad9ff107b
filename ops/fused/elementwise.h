#pragma once
// Which primitives compute element i of the result from element i of their operands alone:
// what folding may do on one element, and fusion may chain.

#include "graph/op.h"

namespace palimpsest {

/// True for unary and binary pointwise primitives, comparisons, select, cast and detach.
bool is_elementwise(const Op& op);

}  // namespace palimpsest
