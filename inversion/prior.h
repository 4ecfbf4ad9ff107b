#pragma once
// What images, and what generators make them from, look like: terms of the objective. All are
// rank-0 values of x's dtype.

#include "graph/value.h"

namespace palimpsest::inversion {

enum class Variation {
  /// mean |x[.., i+1, ..] - x[.., i, ..]| along the height plus the same along the width:
  /// anisotropic, each mean over its own differences (Geiping et al. 2020)
  mean_absolute,
  /// the l2 norms, over the whole batch, of the differences along the height, the width and both
  /// diagonals, added (Yin et al. 2020)
  four_directions
};

Value total_variation(Value x, int height_axis, int width_axis,
                      Variation variation = Variation::mean_absolute);

/// sqrt(sum x^2) / N over the batch: the mean size of an image (Yin et al. 2021).
Value image_norm(Value x);

/// |x - consensus|, the l2 norm over the batch (Yin et al. 2021).
Value group_distance(Value x, Value consensus);

/// With mean m and variance s of the entries of one latent: -(1 + log s - m^2 - s) / 2, the
/// divergence of N(m, s) from N(0, 1) (Li et al. 2022, R1). Mean over latents [N, ...].
Value latent_divergence(Value latent);

/// (|z|^2 - k)^2 for a latent of k entries: a normal one lies near the sphere of radius sqrt(k) (Li
/// et al. 2022, R2). Mean over latents [N, ...].
Value latent_norm_error(Value latent);

}  // namespace palimpsest::inversion
