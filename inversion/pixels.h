#pragma once
// Between the units of a model's input and pixels in [0, 1].

#include "inversion/problem.h"

namespace palimpsest::inversion {

/// The model-input values of pixels 0 and 1, broadcastable to the data input.
struct PixelRange {
  Literal low, high;
};
PixelRange pixel_range(const Problem& problem);

/// Model-input images as pixels: f32, [N, C, H, W] whatever the model's layout; inputs of
/// another rank keep their shape.
Literal pixels_of(const Problem& problem, const Literal& images);
/// Each element brought into [0, 1].
Literal clamped(const Literal& pixels);

}  // namespace palimpsest::inversion
