#pragma once
// Dense displacements.

#include <Eigen/Core>

#include "registration/plane.h"

namespace palimpsest::registration {

struct FlowSettings {
  /// Of the displacements' squared differences, against squared differences of images of unit
  /// variance.
  double smoothness = 0.3;
  int warps = 8;    ///< linearisations at each size
  int sweeps = 40;  ///< of relaxation for each
};

/// Displacements d for which fixed(x) ~ gain * moving(H x + d) + bias, smooth (Horn and Schunck
/// 1981, eq. 10: squared differences of brightness and of neighbouring displacements), warped anew
/// after every solution and from coarse to fine (Brox, Bruhn, Papenberg and Weickert 2004); the
/// linear systems by successive over-relaxation in the order of the pixels.
Field smooth_flow(const Plane& moving, const Plane& fixed, const Eigen::Matrix3d& homography,
                  const FlowSettings& settings = {});

/// The least determinant of the derivative of x + d(x): at or below 0 the map folds.
double least_expansion(const Field& flow);

}  // namespace palimpsest::registration
