#pragma once
// The arithmetic of a function that its size is judged by.

#include "graph/function.h"

namespace palimpsest {

/// 2 * multiply-adds of all reachable convolutions and matrix products.
double product_flops(const Function& function);

}  // namespace palimpsest
