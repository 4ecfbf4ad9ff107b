#pragma once
// What happens to an image between its file and a model: resizing, cropping, grey.

#include "graph/literal.h"

namespace palimpsest::tools {

/// Bilinear with anti-aliasing, as Pillow's BILINEAR and torchvision's antialias=True: a triangle
/// filter whose support grows with the reduction. `image` is f32 [C, H, W].
Literal resized(const Literal& image, std::int64_t height, std::int64_t width);

/// Scales so that the shorter side becomes `side`, keeping the proportions (the longer side is
/// rounded down), as torchvision's Resize(side).
Literal resized_shorter_side(const Literal& image, std::int64_t side);

/// The middle of an image; throws InputError when it is smaller than that.
Literal center_cropped(const Literal& image, std::int64_t height, std::int64_t width);

/// [3, H, W] to [1, H, W] by Rec. 601 luma, as Pillow's convert("L"); grey stays as it is.
Literal grey(const Literal& image);

/// [1, H, W] to [3, H, W] by repetition; colour stays as it is.
Literal rgb(const Literal& image);

}  // namespace palimpsest::tools
