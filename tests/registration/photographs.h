#pragma once
// The bundled photographs and known maps of them.

#include <cmath>
#include <numbers>
#include <string>

#include "ops/source/draw.h"
#include "registration/registration.h"
#include "tools/io/image.h"

namespace palimpsest::registration::testing {

inline Literal photograph(const std::string& name) {
  return tools::read_image(PALIMPSEST_SOURCE_DIR "/examples/photos/" + name + ".png");
}

inline Field plus(const Field& a, const Field& b) { return {a.x + b.x, a.y + b.y}; }

/// An image seen at other places, by the method under test's own interpolation.
inline Literal seen_at(const Literal& image, const Field& at) {
  std::vector<float> values;
  for (const Plane& channel : planes(image)) {
    const Plane seen = sampled(channel, at);
    for (Eigen::Index i = 0; i < seen.size(); ++i)
      values.push_back(static_cast<float>(seen.data()[i]));
  }
  return Literal::of<float>(image.shape(), values);
}

inline Literal seen_at(const Literal& image, const Eigen::Matrix3d& h) {
  return seen_at(image, places(h, image.shape()[1], image.shape()[2]));
}

/// Normal noise added to every value.
inline Literal noisy(const Literal& image, double deviation, std::uint64_t seed) {
  std::vector<float> values;
  const auto clean = image.values<float>();
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const Draws draws = normal_draws(stream_block(seed, 0, 0, i));
    values.push_back(clean[i] + static_cast<float>(deviation * draws.element[0]));
  }
  return Literal::of<float>(image.shape(), values);
}

/// Turned by `degrees`, scaled and moved, about the centre of an image of that size.
inline Eigen::Matrix3d similarity(Eigen::Index rows, Eigen::Index columns, double degrees,
                                  double scale, double x, double y) {
  const double angle = degrees * std::numbers::pi / 180;
  Eigen::Matrix3d turn = Eigen::Matrix3d::Identity();
  turn(0, 0) = turn(1, 1) = scale * std::cos(angle);
  turn(1, 0) = scale * std::sin(angle);
  turn(0, 1) = -turn(1, 0);
  const double cx = static_cast<double>(columns - 1) / 2, cy = static_cast<double>(rows - 1) / 2;
  return translation(cx + x, cy + y) * turn * translation(-cx, -cy);
}

/// A wave of displacements of that amplitude, one period over the image.
inline Field wave(Eigen::Index rows, Eigen::Index columns, double amplitude) {
  const Field at = pixels(rows, columns);
  const double turn = 2 * std::numbers::pi;
  const Plane u = turn / static_cast<double>(columns) * at.x;
  const Plane v = turn / static_cast<double>(rows) * at.y;
  return {amplitude * (u + 0.5).sin() * v.cos(), amplitude * (v + 1).sin() * (0.7 * u).cos()};
}

}  // namespace palimpsest::registration::testing
