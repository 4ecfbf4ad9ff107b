#include "onnx_import/nodes/resize_matrix.h"

#include <algorithm>
#include <cmath>

namespace palimpsest::onnx_import {
namespace {

/// The place in x of output `index`, in units of x's pixels.
double source_place(const ResampledAxis& axis, Coordinates coordinates, double index) {
  const auto input = static_cast<double>(axis.input);
  const double output = axis.scale * input;
  const double centred = (index + 0.5) / axis.scale - 0.5;
  switch (coordinates) {
    case Coordinates::half_pixel:
      return centred;
    case Coordinates::half_pixel_symmetric:
      return input / 2 * (1 - static_cast<double>(axis.output) / output) + centred;
    case Coordinates::pytorch_half_pixel:
      return axis.output == 1 ? -0.5 : centred;
    case Coordinates::align_corners:
      return axis.output == 1 ? 0 : index * (input - 1) / (output - 1);
    case Coordinates::asymmetric:
      return index / axis.scale;
    case Coordinates::tf_half_pixel_for_nn:
      return (index + 0.5) / axis.scale;
    case Coordinates::tf_crop_and_resize:
      break;
  }
  const double width = axis.region_end - axis.region_begin;
  const double within =
      axis.output == 1 ? width * (input - 1) / 2 : index * width * (input - 1) / (output - 1);
  return axis.region_begin * (input - 1) + within;
}

/// Keys' kernel with coefficient a.
double cubic(double distance, double a) {
  const double d = std::abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

/// Weights of the two places around, by the fraction in (0, 1] past the first.
std::vector<double> nearest_weights(double fraction, Nearest nearest) {
  if (fraction == 1) return {0, 1};
  switch (nearest) {
    case Nearest::round_prefer_floor:
      return fraction <= 0.5 ? std::vector<double>{1, 0} : std::vector<double>{0, 1};
    case Nearest::round_prefer_ceil:
      return fraction < 0.5 ? std::vector<double>{1, 0} : std::vector<double>{0, 1};
    case Nearest::floor:
      return {1, 0};
    case Nearest::ceil:
      return {0, 1};
  }
  return {1, 0};
}

/// Weights of the 2 r places around, r to either side; antialiasing stretches the kernel, of
/// radius 1 (linear) or 2 (cubic), by the factor of shrinking.
std::vector<double> kernel_weights(double fraction, double scale, const Resampling& resampling) {
  const bool is_cubic = resampling.interpolation == Interpolation::cubic;
  const double stretch = resampling.antialias ? std::min(scale, 1.0) : 1.0;
  const double radius = is_cubic ? 2 : 1;
  const int first = static_cast<int>(std::floor(-radius / stretch)) + 1;
  std::vector<double> weights;
  double sum = 0;
  for (int place = first; place < 2 - first; ++place) {
    const double distance = stretch * (place - fraction);
    const double weight = is_cubic ? cubic(distance, resampling.cubic_coefficient)
                                   : std::max(0.0, 1 - std::abs(distance));
    weights.push_back(weight);
    sum += weight;
  }
  if (resampling.antialias)
    for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace

ResizeMatrix resize_matrix(const ResampledAxis& axis, const Resampling& resampling) {
  const auto columns = static_cast<std::size_t>(axis.input);
  const auto rows = static_cast<std::size_t>(axis.output);
  ResizeMatrix matrix{std::vector<double>(rows * columns), std::vector<bool>(rows)};
  const double last = static_cast<double>(axis.input - 1);
  for (std::size_t row = 0; row < rows; ++row) {
    const double place = source_place(axis, resampling.coordinates, static_cast<double>(row));
    const bool within = place >= 0 && place <= last;  // false for NaN, which a region may hold
    if (resampling.coordinates == Coordinates::tf_crop_and_resize && !within) {
      matrix.outside[row] = true;
      continue;
    }
    const double floor = std::ceil(place) - 1;  // whole places count as fraction 1
    std::vector<double> weights = resampling.interpolation == Interpolation::nearest
                                      ? nearest_weights(place - floor, resampling.nearest)
                                      : kernel_weights(place - floor, axis.scale, resampling);
    const std::size_t reach = weights.size() / 2;
    const double first = floor + 1 - static_cast<double>(reach);
    double inside = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double column = first + static_cast<double>(i);
      if (resampling.exclude_outside && (column < 0 || column > last)) weights[i] = 0;
      inside += weights[i];
    }
    if (!resampling.exclude_outside) inside = 1;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double column = std::clamp(first + static_cast<double>(i), 0.0, last);
      matrix.weights[row * columns + static_cast<std::size_t>(column)] += weights[i] / inside;
    }
  }
  return matrix;
}

}  // namespace palimpsest::onnx_import
