#pragma once
// Between the units of a model's input and pixels in [0, 1].

#include "inversion/problem.h"

namespace palimpsest::inversion {

/// The model-input values of pixels 0 and 1, broadcastable to the data input.
struct PixelRange {
  Literal low, high;
};
PixelRange pixel_range(const Problem& problem);

/// Pixels f32 [N, C, H, W] in [0, 1] as the model's input: (pixel - mean) / deviation, in its
/// layout and dtype, with N rows. Throws InputError when C, H or W are not the model's, or the
/// normalisation is not one of its channels.
Literal images_of(const Problem& problem, const Literal& pixels);
/// The way back, model-input images as pixels: f32, [N, C, H, W] whatever the model's layout;
/// inputs of another rank keep their shape.
Literal pixels_of(const Problem& problem, const Literal& images);
/// Each element brought into [0, 1].
Literal clamped(const Literal& pixels);

}  // namespace palimpsest::inversion
