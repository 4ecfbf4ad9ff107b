#pragma once
// PSNR of what was recovered at another place: an image that is moved by a few pixels is leaked as
// well as one that is not, and its plain PSNR does not say so.

#include "graph/literal.h"

namespace palimpsest::inversion {

struct RegisteredScore {
  double psnr = 0;
  double confidence = 0;  ///< of the registration (registration/registration.h), in [0, 1]
  bool found = false;     ///< false: `psnr` is the plain one
};

/// Image i of `recovered` brought onto image j of `truth`, both f32 [N, C, H, W], by an affine map
/// in whatever brightness and contrast, and its PSNR (peak 1) over the pixels that it then covers,
/// at least half of them. A dense flow is left out, because it would bend one image into another.
/// NaN for images below 8x8. Throws InputError for images of different sizes or values that are
/// not finite.
RegisteredScore registered_score(const Literal& recovered, std::int64_t i, const Literal& truth,
                                 std::int64_t j);

}  // namespace palimpsest::inversion
