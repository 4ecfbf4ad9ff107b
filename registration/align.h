#pragma once
// A homography refined to a fraction of a pixel.

#include <Eigen/Core>

#include "registration/plane.h"

namespace palimpsest::registration {

enum class Motion {
  translation,  ///< 2 parameters
  affine,       ///< 6
  homography    ///< 8
};

/// Gauss-Newton steps until none of the corners moves by more than a thousandth of a pixel, at most
/// `steps`. The least squares of fixed - gain * moving(H x) - bias over the pixels that H keeps
/// inside; inverse compositional (Baker and Matthews, "Lucas-Kanade 20 years on", 2004), with the
/// best gain and bias of every step. Returns the start when the images do not determine the
/// parameters or the steps lead so far that less than a quarter of the pixels is left.
Eigen::Matrix3d aligned(const Plane& moving, const Plane& fixed, const Eigen::Matrix3d& start,
                        Motion motion, int steps = 30);

/// The same from coarse to fine: on planes halved until a side would have less than 16 pixels,
/// translations and affine maps first, `motion` at every size.
Eigen::Matrix3d aligned_coarse_to_fine(const Plane& moving, const Plane& fixed,
                                       const Eigen::Matrix3d& start, Motion motion);

/// The greatest distance by which two homographies place a corner of a plane differently, in
/// pixels.
double corner_distance(const Eigen::Matrix3d& a, const Eigen::Matrix3d& b, Eigen::Index rows,
                       Eigen::Index columns);

}  // namespace palimpsest::registration
