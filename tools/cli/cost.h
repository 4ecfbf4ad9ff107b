#pragma once
// What a model costs to attack: launches, products and the memory of one matching iteration.

#include "graph/function.h"
#include "graph/model.h"
#include "runtime/program.h"

namespace palimpsest::tools {

struct IterationCost {
  runtime::MemoryReport memory;
  std::size_t launches = 0;
  std::size_t products = 0;  ///< launches of the convolution family and matrix products
};

/// Compiles one iteration of Inverting Gradients on a made-up update of this model, to see what
/// it takes. Throws what Session throws.
IterationCost iteration_cost(const Model& model, int threads);

}  // namespace palimpsest::tools
