#include "registration/flow.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

namespace palimpsest::registration {
namespace {

using Index = Eigen::Index;

Field plus(const Field& a, const Field& b) { return {a.x + b.x, a.y + b.y}; }

/// Mean 0 and variance 1 over the mask; constant planes become 0.
Plane standardized(const Plane& plane, const Plane& mask) {
  const double total = std::max(mask.sum(), 1.0);
  const Plane centred = plane - (plane * mask).sum() / total;
  const double variance = (centred.square() * mask).sum() / total;
  return variance > 0 ? Plane(centred / std::sqrt(variance))
                      : Plane::Zero(plane.rows(), plane.cols());
}

/// One linearisation: at every pixel (gx dx + gy dy + difference)^2, where the mask is 1.
struct Linearized {
  Plane gx, gy, difference;
};

Linearized linearized(const Plane& moving, const Plane& fixed, const Field& at) {
  const Plane mask = inside(at, moving.rows(), moving.cols());
  const Plane warped = standardized(sampled(moving, at), mask);
  const Plane target = standardized(fixed, mask);
  // Derivatives of both, as the displacement shares them.
  const Field a = gradient(warped), b = gradient(target);
  return {0.5 * (a.x + b.x) * mask, 0.5 * (a.y + b.y) * mask, (warped - target) * mask};
}

/// Sum over the up to four neighbours of (y, x), and their number.
struct Neighbours {
  double x = 0, y = 0, count = 0;
};

Neighbours neighbours(const Field& flow, Index y, Index x) {
  Neighbours sum;
  const auto add = [&](Index j, Index i) {
    if (j < 0 || i < 0 || j >= flow.x.rows() || i >= flow.x.cols()) return;
    sum.x += flow.x(j, i);
    sum.y += flow.y(j, i);
    ++sum.count;
  };
  add(y - 1, x);
  add(y + 1, x);
  add(y, x - 1);
  add(y, x + 1);
  return sum;
}

/// Minimises sum (g . (flow - base) + difference)^2 + smoothness sum |differences of flow|^2 over
/// `flow`, beginning at base.
Field relaxed(const Linearized& data, const Field& base, const FlowSettings& settings) {
  constexpr double relaxation = 1.8;
  Field flow = base;
  for (int sweep = 0; sweep < settings.sweeps; ++sweep)
    for (Index y = 0; y < flow.x.rows(); ++y)
      for (Index x = 0; x < flow.x.cols(); ++x) {
        const Neighbours around = neighbours(flow, y, x);
        const double stiffness = settings.smoothness * around.count;
        const double mean_x = around.x / around.count, mean_y = around.y / around.count;
        const double gx = data.gx(y, x), gy = data.gy(y, x);
        const double rest =
            gx * (mean_x - base.x(y, x)) + gy * (mean_y - base.y(y, x)) + data.difference(y, x);
        const double share = rest / (stiffness + gx * gx + gy * gy);
        flow.x(y, x) += relaxation * (mean_x - gx * share - flow.x(y, x));
        flow.y(y, x) += relaxation * (mean_y - gy * share - flow.y(y, x));
      }
  return flow;
}

Field doubled(const Field& flow, Index rows, Index columns) {
  Field at = pixels(rows, columns);
  at.x *= 0.5;
  at.y *= 0.5;
  return {2 * sampled(flow.x, at), 2 * sampled(flow.y, at)};
}

}  // namespace

Field smooth_flow(const Plane& moving, const Plane& fixed, const Eigen::Matrix3d& homography,
                  const FlowSettings& settings) {
  const Index rows = fixed.rows(), columns = fixed.cols();
  Field flow{Plane::Zero(rows, columns), Plane::Zero(rows, columns)};
  if (std::min(rows, columns) >= 32) {
    const Eigen::Matrix3d twice = Eigen::Vector3d(2, 2, 1).asDiagonal();
    flow = doubled(
        smooth_flow(halved(moving), halved(fixed), twice.inverse() * homography * twice, settings),
        rows, columns);
  }
  const Field base = places(homography, rows, columns);
  for (int warp = 0; warp < settings.warps; ++warp)
    flow = relaxed(linearized(moving, fixed, plus(base, flow)), flow, settings);
  return flow;
}

double least_expansion(const Field& flow) {
  const Field by_x = gradient(flow.x), by_y = gradient(flow.y);
  return ((1 + by_x.x) * (1 + by_y.y) - by_x.y * by_y.x).minCoeff();
}

}  // namespace palimpsest::registration
