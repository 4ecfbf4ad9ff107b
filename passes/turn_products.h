#pragma once
// Products whose results are wanted transposed.

#include "graph/function.h"

namespace palimpsest::passes {

/// (a b)^T as b^T a^T where nothing else reads a b: a product reads transposed operands as it reads
/// others, and the result need not be moved. Files often hold weights transposed to how a graph
/// multiplies with them, and so their gradients.
Function turn_products(const Function& source);

}  // namespace palimpsest::passes
