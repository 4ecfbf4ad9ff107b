#pragma once
// How much was recovered. Images are f32 [N, C, H, W] in [0, 1]; every figure states its
// convention, because published ones differ (docs/metrics.md). Here is what needs the images alone;
// registered.h, representation.h, perceptual.h, identification.h and update_match.h have the
// figures that ask for more, interval.h what a mean of any of them is worth.

#include <span>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::inversion {

/// Mean squared difference of image i of `a` and image j of `b`, in f64.
double mean_squared_error(const Literal& a, std::int64_t i, const Literal& b, std::int64_t j);

/// 10 log10(1 / mse): peak 1. Infinite for equal images.
double psnr(double mean_squared_error);

/// Structural similarity (Wang et al. 2004) of image i of `a` and image j of `b`: Gaussian
/// window 11x11, sigma 1.5, population covariances, C1 = 0.01^2, C2 = 0.03^2, mean over
/// the windows that lie wholly inside and over channels. Throws InputError for images
/// smaller than the window.
double ssim(const Literal& a, std::int64_t i, const Literal& b, std::int64_t j);

/// How far the magnitudes of the 2-D Fourier transforms of image i of `a` and image j of `b` are
/// apart: the root of the mean, over channels and frequencies, of (|F(a)| - |F(b)|)^2, with F
/// scaled by 1 / sqrt(H W). In [0, 1] for pixels in [0, 1] whatever the size, at most the root of
/// the mean squared error, and 0 for images that are moved cyclically. Throws InputError unless
/// both are of rank 4 and one size.
double spectral_distance(const Literal& a, std::int64_t i, const Literal& b, std::int64_t j);

/// One recovered image against the true one it is assigned to.
struct ImageScore {
  std::int64_t recovered = 0, truth = 0;
  double mean_squared_error = 0, psnr = 0;
  double ssim = 0;               ///< NaN for images below 11x11
  double spectral_distance = 0;  ///< NaN for what is no image [C, H, W]
};

struct ImageScores {
  std::vector<ImageScore> images;  ///< by the index of the truth
  double mean_squared_error = 0;   ///< means over images; PSNR is a mean of PSNRs
  double psnr = 0, ssim = 0, spectral_distance = 0;
  /// Mean PSNR over all pairs that were not assigned: what a wrong image would score. NaN for
  /// a single image.
  double random_pair_psnr = 0;
};

/// Assigns recovered images to true ones so that the total squared error is least, and scores
/// the pairs. Throws InputError when the types differ or a value is not finite.
ImageScores score_images(const Literal& recovered, const Literal& truth);

/// The recovered images in the order of the truth they are assigned to. Throws InputError when the
/// scores are not of these images.
Literal paired(const Literal& recovered, const ImageScores& scores);

/// The column of each row of a square cost matrix (row-major) in the cheapest one-to-one
/// assignment (Jonker and Volgenant 1987). Throws InputError for costs that are not finite.
std::vector<std::int64_t> assignment(std::span<const double> cost, std::int64_t size);

/// Sum over classes of min(recovered, true) over the number of true labels: the share of
/// labels found, duplicates counted.
double label_recall(std::span<const std::int64_t> recovered, std::span<const std::int64_t> truth);

/// Agreement of two updates over all their entries.
struct UpdateAgreement {
  double cosine = 0;
  double sign_match = 0;      ///< share of entries of equal sign
  double relative_error = 0;  ///< |a - b| / |b|
};
UpdateAgreement agreement(std::span<const Literal> a, std::span<const Literal> b);

}  // namespace palimpsest::inversion
