#include "registration/align.h"

#include <Eigen/Cholesky>
#include <Eigen/Geometry>
#include <Eigen/LU>
#include <cmath>
#include <limits>

namespace palimpsest::registration {
namespace {

using Index = Eigen::Index;
using Vector8 = Eigen::Matrix<double, 8, 1>;

Index parameters_of(Motion motion) {
  switch (motion) {
    case Motion::translation:
      return 2;
    case Motion::affine:
      return 6;
    case Motion::homography:
      return 8;
  }
  return 8;
}

/// Coordinates around the centre in units of half the size, so that parameters are alike.
struct Normalized {
  double x, y, unit;

  explicit Normalized(const Plane& plane)
      : x(static_cast<double>(plane.cols() - 1) / 2),
        y(static_cast<double>(plane.rows() - 1) / 2),
        unit((x + y) / 2) {}
  Eigen::Matrix3d matrix() const {
    Eigen::Matrix3d m = Eigen::Matrix3d::Identity() / unit;
    m(2, 2) = 1;
    return m * translation(-x, -y);
  }
};

/// W(p) in normalised coordinates: translation first, then the linear part, then the perspective.
Eigen::Matrix3d warp_of(const Vector8& p) {
  Eigen::Matrix3d w;
  w << 1 + p[2], p[3], p[0], p[4], 1 + p[5], p[1], p[6], p[7], 1;
  return w;
}

using Jacobian = Eigen::Matrix<double, Eigen::Dynamic, 8>;

/// d fixed(W(p) x) / dp at p = 0, a row for each pixel.
Jacobian jacobian(const Plane& fixed) {
  const Field slopes = gradient(fixed);
  const Normalized normal(fixed);
  Jacobian rows(fixed.size(), 8);
  for (Index i = 0; i < fixed.size(); ++i) {
    const Index x = i % fixed.cols(), y = i / fixed.cols();
    const double u = (static_cast<double>(x) - normal.x) / normal.unit;
    const double v = (static_cast<double>(y) - normal.y) / normal.unit;
    const double gx = slopes.x.data()[i] * normal.unit, gy = slopes.y.data()[i] * normal.unit;
    const double along = gx * u + gy * v;
    rows.row(i) << gx, gy, gx * u, gx * v, gy * u, gy * v, -along * u, -along * v;
  }
  return rows;
}

/// fixed ~ gain * moving + bias over the mask.
struct Photometry {
  double gain = 1, bias = 0;
};

Photometry photometry(const Plane& moving, const Plane& fixed, const Plane& mask) {
  const double total = mask.sum();
  const double mean_moving = (moving * mask).sum() / total;
  const double mean_fixed = (fixed * mask).sum() / total;
  const Plane centred = (moving - mean_moving) * mask;
  const double variance = centred.square().sum();
  if (variance <= 0) return {0, mean_fixed};
  // A negative or vanishing gain would turn the image around or off.
  const double gain = std::max((centred * fixed).sum() / variance, 0.1);
  return {gain, mean_fixed - gain * mean_moving};
}

/// The Gauss-Newton step; false when the pixels do not determine it.
bool step(const Plane& moving, const Plane& fixed, const Jacobian& jacobian, const Field& at,
          Index parameters, Vector8& p) {
  const Plane mask = inside(at, moving.rows(), moving.cols());
  if (mask.sum() < 0.25 * static_cast<double>(mask.size())) return false;
  const Plane warped = sampled(moving, at);
  const Photometry light = photometry(warped, fixed, mask);
  const Plane rest = (light.gain * warped + light.bias - fixed) * mask;
  const auto flat = [](const Plane& plane) {
    return Eigen::Map<const Eigen::VectorXd>(plane.data(), plane.size());
  };
  const auto used = jacobian.leftCols(parameters);
  const Eigen::MatrixXd hessian = used.transpose() * (flat(mask).asDiagonal() * used);
  const Eigen::LDLT<Eigen::MatrixXd> factor(hessian);
  const Eigen::VectorXd pivots = factor.vectorD();
  if (!(pivots.minCoeff() > 1e-9 * pivots.maxCoeff())) return false;
  p.setZero();
  p.head(parameters) = factor.solve(used.transpose() * flat(rest));
  return p.allFinite();
}

}  // namespace

double corner_distance(const Eigen::Matrix3d& a, const Eigen::Matrix3d& b, Index rows,
                       Index columns) {
  double greatest = 0;
  for (const Index y : {Index{0}, rows - 1})
    for (const Index x : {Index{0}, columns - 1}) {
      const Eigen::Vector3d corner(static_cast<double>(x), static_cast<double>(y), 1);
      const double distance = ((a * corner).hnormalized() - (b * corner).hnormalized()).norm();
      if (!std::isfinite(distance)) return std::numeric_limits<double>::infinity();
      greatest = std::max(greatest, distance);
    }
  return greatest;
}

Eigen::Matrix3d aligned(const Plane& moving, const Plane& fixed, const Eigen::Matrix3d& start,
                        Motion motion, int steps) {
  const Jacobian slopes = jacobian(fixed);
  const Eigen::Matrix3d normal = Normalized(fixed).matrix(), back = normal.inverse();
  Eigen::Matrix3d h = start;
  for (int i = 0; i < steps; ++i) {
    Vector8 p;
    if (!step(moving, fixed, slopes, places(h, fixed.rows(), fixed.cols()), parameters_of(motion),
              p))
      return start;
    // fixed(W x) ~ moving(H x), hence fixed(x) ~ moving(H W^-1 x).
    const Eigen::Matrix3d next = h * back * warp_of(p).inverse() * normal;
    const double moved = corner_distance(h, next, fixed.rows(), fixed.cols());
    if (!std::isfinite(moved)) return start;
    h = next / next(2, 2);
    if (moved < 1e-3) break;
  }
  return h;
}

Eigen::Matrix3d aligned_coarse_to_fine(const Plane& moving, const Plane& fixed,
                                       const Eigen::Matrix3d& start, Motion motion) {
  Eigen::Matrix3d h = start;
  const Eigen::Matrix3d twice = Eigen::Vector3d(2, 2, 1).asDiagonal();
  const bool can_halve = std::min(fixed.rows(), fixed.cols()) >= 32;
  if (can_halve) {
    h = twice *
        aligned_coarse_to_fine(halved(moving), halved(fixed), twice.inverse() * h * twice, motion) *
        twice.inverse();
  } else {
    h = aligned(moving, fixed, h, Motion::translation);
    if (motion != Motion::translation) h = aligned(moving, fixed, h, Motion::affine);
  }
  return aligned(moving, fixed, h, motion);
}

}  // namespace palimpsest::registration
