#pragma once
// From tensors as they were sent (gradients, differences of either sign, weights) to what is
// observed: gradients, or new minus old weights.

#include "inversion/mapping.h"

namespace palimpsest::inversion {

/// A parameter's tensor in the parameter's layout; no value: none was sent.
struct SentTensor {
  std::optional<Literal> value;
  std::optional<Literal> before;
};

/// Fills in kind, observed and warnings of `mapped`. A kind that is not given is deduced: tensors
/// near the weights before training are weights, others gradients.
void observe(const Model& model, const Update& update, const std::vector<SentTensor>& sent,
             MappedUpdate& mapped);

}  // namespace palimpsest::inversion
