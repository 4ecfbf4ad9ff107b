#pragma once
// The derivatives of one model, held against differences: what `check` reports.

#include <cstdint>
#include <vector>

#include "graph/model.h"

namespace palimpsest::tools {

/// Relative errors, the median over several random directions. Networks with kinks (ReLU, max
/// pooling) make differences wrong in the directions that cross one; the median passes over them.
struct ModelCheck {
  double gradient = 0;  ///< <dL/dW, u> against central differences of the loss
  double matching = 0;  ///< <dD/dx, u> against central differences of the distance
  double routes = 0;    ///< forward-over-reverse against reverse-over-reverse, |a - b| / |b|
  std::vector<double> gradient_errors, matching_errors;  ///< of each direction
};

/// `model` must be imported in f64 and be in eval mode or train mode as it is to be attacked.
/// Throws InputError when it is f32.
ModelCheck check_model(const Model& model, std::uint64_t seed, int directions, int threads);

}  // namespace palimpsest::tools
