#include "optimizers/gradient_shape.h"

#include "ops/pointwise/binary.h"

namespace palimpsest::optimizers {

Value shaped(Value gradient, GradientShape shape, Value softness) {
  switch (shape) {
    case GradientShape::raw:
      return gradient;
    case GradientShape::hard_sign:
      return sign(gradient);
    case GradientShape::soft_sign:
      return tanh(gradient * softness) / softness;
  }
  return gradient;
}

}  // namespace palimpsest::optimizers
