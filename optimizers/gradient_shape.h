#pragma once
// What a step makes of the gradient before the optimiser sees it.

#include "graph/value.h"

namespace palimpsest::optimizers {

enum class GradientShape {
  raw,        ///< the gradient itself
  hard_sign,  ///< sign(g) (Geiping et al. 2020)
  soft_sign   ///< tanh(s g) / s with s falling from 1 to 0 over the run
};

/// `softness` is the s of soft_sign, a rank-0 value of g's dtype above 0; others ignore it.
Value shaped(Value gradient, GradientShape shape, Value softness);

}  // namespace palimpsest::optimizers
