#pragma once
// Registration of one image to another: what GradInversion (Yin et al. 2021) needs to bring its
// candidates together before it averages them. Coarse by phase correlation, fine by a homography,
// then by a smooth dense flow. Nothing is learned and nothing is drawn: equal images give equal
// results.

#include <Eigen/Core>

#include "registration/align.h"
#include "registration/flow.h"

namespace palimpsest::registration {

struct RegistrationSettings {
  Motion motion = Motion::homography;
  bool dense = true;  ///< also a smooth flow, where it brings the images closer
  /// Below it nothing is taken for found. Of unrelated photographs of 224 pixels none reaches 0.2,
  /// of 32 pixels one pair in fifty reaches 0.5.
  double least_confidence = 0.5;
  FlowSettings flow = {};
};

/// Pixel x of the fixed image shows what the moving one has at homography x + flow(x).
struct Registration {
  Eigen::Matrix3d homography = Eigen::Matrix3d::Identity();
  Field flow;  ///< by fixed pixels, in moving ones; zero without a dense part
  /// Correlation of the two images after registration, in a band of scales that leaves out noise
  /// and lighting, in [0, 1]: 1 for equal images, 0 when one of them is constant.
  double confidence = 0;
  /// Whether confidence reached the least; otherwise the map is the identity.
  bool found = false;
};

/// Both f32 [C, H, W] of one type, in any units. Throws InputError otherwise, and for images below
/// 8x8 or with values that are not finite.
Registration register_image(const Literal& moving, const Literal& fixed,
                            const RegistrationSettings& settings = {});

struct Warped {
  Literal image;  ///< as the moving one; outside it its border is repeated
  Literal mask;   ///< f32 [H, W]: 1 where the moving image has the place, else 0
};

/// The moving image as the fixed one's pixels see it, by bilinear interpolation. Throws InputError
/// as above, and when its size is not that of the registration.
Warped warped(const Literal& moving, const Registration& registration);

}  // namespace palimpsest::registration
