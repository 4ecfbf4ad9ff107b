#pragma once
// Translations, rotations and scales from the phases of Fourier transforms: coarse, but from any
// distance, and without an iteration.

#include <Eigen/Core>

#include "registration/plane.h"

namespace palimpsest::registration {

struct Shift {
  double x = 0, y = 0;
};

/// The shift for which fixed(x, y) = moving(x + shift.x, y + shift.y), by phase correlation (Kuglin
/// and Hines 1975). Both planes are of one size, and a Hann window is laid over them along y and,
/// unless x is `periodic`, along x. The spectrum is weighted by a Gaussian, so that the peak is
/// one, and a parabola through its logarithm finds it between pixels. Shifts up to half the size
/// are told apart. For constant planes (0, 0).
Shift phase_correlation(const Plane& moving, const Plane& fixed, bool periodic_x = false);

/// The rotation and scale about the centre for which |F(fixed)| matches |F(moving)|, by phase
/// correlation of log-polar spectra (Reddy and Chatterji 1996), followed by the translation, as a
/// homography from fixed to moving pixels. Magnitudes do not tell an angle from half a turn more:
/// `half_turn` chooses.
Eigen::Matrix3d spectral_similarity(const Plane& moving, const Plane& fixed, bool half_turn);

}  // namespace palimpsest::registration
