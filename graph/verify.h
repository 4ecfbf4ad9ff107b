#pragma once
// Checks that a function is well formed: operands before users and from the same graph,
// stored types equal to inferred ones, inputs in order. Run between passes.

#include "graph/function.h"

namespace palimpsest {

/// Throws std::logic_error naming the first node that is wrong.
void verify(const Function& function);

}  // namespace palimpsest
