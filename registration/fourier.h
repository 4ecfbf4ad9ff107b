#pragma once
// Two-dimensional discrete Fourier transforms of any size.

#include <Eigen/Core>

namespace palimpsest::registration {

/// Rows are frequencies along y, columns along x; the origin is at (0, 0).
using Spectrum = Eigen::ArrayXXcd;

/// Sum over all (y, x) of a(y, x) exp(-2 pi i (v y / rows + u x / columns)) at every (v, u).
Spectrum fourier(Spectrum a);
/// Its inverse: with + in the exponent, divided by the number of places.
Spectrum inverse_fourier(Spectrum a);

}  // namespace palimpsest::registration
