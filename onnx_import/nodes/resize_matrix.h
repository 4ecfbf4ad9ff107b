#pragma once
// Resampling along one axis as a matrix: y = M x, with M [output, input]. Every mode of ONNX's
// Resize is such a matrix, so its derivative is the transposed one.

#include <cstdint>
#include <string>
#include <vector>

namespace palimpsest::onnx_import {

enum class Interpolation { nearest, linear, cubic };
enum class Coordinates {
  half_pixel,
  half_pixel_symmetric,
  pytorch_half_pixel,
  align_corners,
  asymmetric,
  tf_half_pixel_for_nn,
  tf_crop_and_resize
};
enum class Nearest { round_prefer_floor, round_prefer_ceil, floor, ceil };

struct Resampling {
  Interpolation interpolation = Interpolation::nearest;
  Coordinates coordinates = Coordinates::half_pixel;
  Nearest nearest = Nearest::round_prefer_floor;
  double cubic_coefficient = -0.75;
  bool exclude_outside = false;  ///< weights of places outside of x become 0, the rest sums to 1
  bool antialias = false;        ///< widens the kernel when shrinking
};

/// One axis: its extents, the exact scale (output is its rounded product) and, for
/// tf_crop_and_resize, the region of x in units of its extent.
struct ResampledAxis {
  std::int64_t input = 1, output = 1;
  double scale = 1;
  double region_begin = 0, region_end = 1;
};

struct ResizeMatrix {
  std::vector<double> weights;  ///< row-major [output, input]
  std::vector<bool> outside;    ///< by output: the region reaches beyond x, its row is 0
};

ResizeMatrix resize_matrix(const ResampledAxis& axis, const Resampling& resampling);

}  // namespace palimpsest::onnx_import
