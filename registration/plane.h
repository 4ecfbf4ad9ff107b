#pragma once
// Single channels of images, and maps from one image's pixels to places in another.

#include <Eigen/Core>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::registration {

/// One channel: rows are y, columns x; pixel centres lie at whole numbers.
using Plane = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Two planes of equal size: places, displacements or derivatives by x and y.
struct Field {
  Plane x, y;
};

/// The channels of an f32 image [C, H, W]. Throws InputError for other types, images below 8x8 and
/// values that are not finite.
std::vector<Plane> planes(const Literal& image);

/// Their mean.
Plane mean_of(const std::vector<Plane>& channels);

/// Convolution with a Gaussian of the given deviation, cut at three of them; the border is
/// repeated.
Plane smoothed(const Plane& plane, double deviation);

/// Smoothed, then every second pixel of every second row: pixel x of the result is pixel 2 x.
Plane halved(const Plane& plane);

/// Central differences, one-sided at the border.
Field gradient(const Plane& plane);

/// Bilinear interpolation at every place; the border is repeated outside.
Plane sampled(const Plane& plane, const Field& places);

/// 1 where a place lies in a plane of that size, borders included, else 0.
Plane inside(const Field& places, Eigen::Index rows, Eigen::Index columns);

/// (x, y) of every pixel.
Field pixels(Eigen::Index rows, Eigen::Index columns);

/// The places H (x, y, 1) of all pixels.
Field places(const Eigen::Matrix3d& homography, Eigen::Index rows, Eigen::Index columns);

/// Weighted correlation of two planes, in [-1, 1]; 0 where one of them is constant.
double correlation(const Plane& a, const Plane& b, const Plane& weights);

/// H that moves by (x, y).
Eigen::Matrix3d translation(double x, double y);

}  // namespace palimpsest::registration
