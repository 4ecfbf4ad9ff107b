#pragma once
// What a model costs to attack: floating-point operations of its products, and the memory of
// one matching iteration.

#include "graph/function.h"
#include "graph/model.h"
#include "runtime/program.h"

namespace palimpsest::tools {

/// 2 * multiply-adds of all reachable convolutions and matrix products.
double product_flops(const Function& function);

struct IterationCost {
  runtime::MemoryReport memory;
  std::size_t launches = 0;
  std::size_t products = 0;  ///< launches of the convolution family and matrix products
};

/// Compiles one iteration of Inverting Gradients on a made-up update of this model, to see what
/// it takes. Throws what Session throws.
IterationCost iteration_cost(const Model& model, int threads);

}  // namespace palimpsest::tools
