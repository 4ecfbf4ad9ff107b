#include "registration/phase.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "registration/fourier.h"

namespace palimpsest::registration {
namespace {

using Index = Eigen::Index;

constexpr double pi = std::numbers::pi;

Eigen::ArrayXd hann(Index size) {
  const Eigen::ArrayXd t = Eigen::ArrayXd::LinSpaced(size, 0.5, static_cast<double>(size) - 0.5);
  return 0.5 - 0.5 * (2 * pi / static_cast<double>(size) * t).cos();
}

/// Mean 0 under the window, so that the window itself does not correlate.
Plane windowed(const Plane& plane, bool periodic_x) {
  Plane window = hann(plane.rows()).replicate(1, plane.cols());
  if (!periodic_x) window.rowwise() *= hann(plane.cols()).transpose();
  return (plane - (plane * window).sum() / window.sum()) * window;
}

/// The frequency of an index in cycles a pixel, in [-1/2, 1/2).
double frequency(Index index, Index size) {
  const Index folded = 2 * index < size ? index : index - size;
  return static_cast<double>(folded) / static_cast<double>(size);
}

/// Where the parabola through the logarithms of three neighbours has its peak, in [-1/2, 1/2].
double vertex(double before, double at, double after) {
  if (!(before > 0) || !(at > 0) || !(after > 0)) return 0;
  const double a = std::log(before), b = std::log(at), c = std::log(after);
  const double curvature = a - 2 * b + c;
  return curvature < 0 ? std::clamp(0.5 * (a - c) / curvature, -0.5, 0.5) : 0;
}

/// A spectrum's magnitudes over angle (columns, half a turn) and logarithm of the radius (rows).
struct LogPolar {
  static constexpr Index angles = 180, radii = 128;
  Index size;  ///< of the square transform

  double least_radius() const { return 2; }
  double growth() const {  ///< of the logarithm from one row to the next
    return std::log(static_cast<double>(size) / 2 / least_radius()) / radii;
  }
  Plane of(const Plane& plane) const {
    Spectrum padded = Spectrum::Zero(size, size);
    padded.topLeftCorner(plane.rows(), plane.cols()) =
        windowed(plane, false).cast<std::complex<double>>();
    const Spectrum spectrum = fourier(padded);
    // The origin in the middle, logarithms, and less of what lies near the origin.
    const Index half = size / 2;
    Plane centred(size, size);
    for (Index y = 0; y < size; ++y)
      for (Index x = 0; x < size; ++x) {
        const double c = std::cos(pi * frequency(x, size)) * std::cos(pi * frequency(y, size));
        centred((y + half) % size, (x + half) % size) =
            (1 - c) * (2 - c) * std::log1p(std::abs(spectrum(y, x)));
      }
    Field at{Plane(radii, angles), Plane(radii, angles)};
    const auto middle = static_cast<double>(half);
    for (Index r = 0; r < radii; ++r)
      for (Index a = 0; a < angles; ++a) {
        const double radius = least_radius() * std::exp(growth() * static_cast<double>(r));
        const double angle = pi * static_cast<double>(a) / angles;
        at.x(r, a) = middle + radius * std::cos(angle);
        at.y(r, a) = middle + radius * std::sin(angle);
      }
    return sampled(centred, at);
  }
};

}  // namespace

Shift phase_correlation(const Plane& moving, const Plane& fixed, bool periodic_x) {
  const Index rows = fixed.rows(), columns = fixed.cols();
  const auto spectrum = [&](const Plane& plane) {
    return fourier(windowed(plane, periodic_x).cast<std::complex<double>>());
  };
  Spectrum cross = spectrum(moving) * spectrum(fixed).conjugate();
  const double least = 1e-12 * cross.abs().maxCoeff();
  if (!(least > 0)) return {};
  for (Index y = 0; y < rows; ++y)
    for (Index x = 0; x < columns; ++x) {
      const double u = frequency(x, columns), v = frequency(y, rows);
      const double low_pass = std::exp(-2 * pi * pi * (u * u + v * v));
      cross(y, x) *= low_pass / std::max(std::abs(cross(y, x)), least);
    }
  const Plane peaks = inverse_fourier(cross).real();
  Index y = 0, x = 0;
  peaks.maxCoeff(&y, &x);
  const auto at = [&](Index dy, Index dx) {
    return peaks((y + dy + rows) % rows, (x + dx + columns) % columns);
  };
  return {
      frequency(x, columns) * static_cast<double>(columns) + vertex(at(0, -1), at(0, 0), at(0, 1)),
      frequency(y, rows) * static_cast<double>(rows) + vertex(at(-1, 0), at(0, 0), at(1, 0))};
}

Eigen::Matrix3d spectral_similarity(const Plane& moving, const Plane& fixed, bool half_turn) {
  const LogPolar polar{std::max(fixed.rows(), fixed.cols())};
  // |F(fixed)|(k) = |F(moving)|(R k / s): a shift of the angle by that of R, of log |k| by -log s.
  const Shift shift = phase_correlation(polar.of(moving), polar.of(fixed), true);
  const double angle = pi * shift.x / LogPolar::angles + (half_turn ? pi : 0);
  const double scale = std::exp(-polar.growth() * shift.y);
  Eigen::Matrix3d turn = Eigen::Matrix3d::Identity();
  turn(0, 0) = turn(1, 1) = scale * std::cos(angle);
  turn(1, 0) = scale * std::sin(angle);
  turn(0, 1) = -turn(1, 0);
  const double x = static_cast<double>(fixed.cols() - 1) / 2;
  const double y = static_cast<double>(fixed.rows() - 1) / 2;
  const Eigen::Matrix3d about = translation(x, y) * turn * translation(-x, -y);
  const Plane turned = sampled(moving, places(about, fixed.rows(), fixed.cols()));
  const Shift rest = phase_correlation(turned, fixed);
  return about * translation(rest.x, rest.y);
}

}  // namespace palimpsest::registration
