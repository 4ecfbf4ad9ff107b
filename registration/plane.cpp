#include "registration/plane.h"

#include <algorithm>
#include <cmath>

#include "graph/error.h"

namespace palimpsest::registration {
namespace {

using Index = Eigen::Index;

std::vector<double> gaussian(double deviation) {
  const auto radius = static_cast<int>(std::ceil(3 * deviation));
  std::vector<double> weights;
  double sum = 0;
  for (int k = -radius; k <= radius; ++k)
    sum += weights.emplace_back(std::exp(-0.5 * k * k / (deviation * deviation)));
  for (double& weight : weights) weight /= sum;
  return weights;
}

/// Along x.
Plane filtered(const Plane& plane, const std::vector<double>& weights) {
  const auto radius = static_cast<Index>(weights.size() / 2);
  Plane result = Plane::Zero(plane.rows(), plane.cols());
  for (Index x = 0; x < plane.cols(); ++x)
    for (Index k = -radius; k <= radius; ++k)
      result.col(x) += weights[static_cast<std::size_t>(k + radius)] *
                       plane.col(std::clamp<Index>(x + k, 0, plane.cols() - 1));
  return result;
}

Plane derivative_by_x(const Plane& plane) {
  const Index last = plane.cols() - 1;
  Plane result(plane.rows(), plane.cols());
  for (Index x = 0; x <= last; ++x) {
    const Index left = std::max<Index>(x - 1, 0), right = std::min(x + 1, last);
    result.col(x) = (plane.col(right) - plane.col(left)) / static_cast<double>(right - left);
  }
  return result;
}

Plane transposed(const Plane& plane) { return plane.transpose(); }

}  // namespace

std::vector<Plane> planes(const Literal& image) {
  if (image.dtype() != DType::f32 || image.shape().rank() != 3 || image.shape()[0] < 1 ||
      image.shape()[1] < 8 || image.shape()[2] < 8)
    throw InputError(text("registration: an image f32 [C, H, W] of at least 8x8 expected, ",
                          image.type(), " came"));
  using Floats = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Index rows = image.shape()[1], columns = image.shape()[2];
  std::vector<Plane> channels;
  for (std::int64_t c = 0; c < image.shape()[0]; ++c) {
    const float* values = image.values<float>().data() + c * rows * columns;
    channels.emplace_back(Eigen::Map<const Floats>(values, rows, columns).cast<double>());
    if (!channels.back().allFinite()) throw InputError("registration: a finite image expected");
  }
  return channels;
}

Plane mean_of(const std::vector<Plane>& channels) {
  Plane sum = channels.front();
  for (std::size_t c = 1; c < channels.size(); ++c) sum += channels[c];
  return sum / static_cast<double>(channels.size());
}

Plane smoothed(const Plane& plane, double deviation) {
  const std::vector<double> weights = gaussian(deviation);
  return transposed(filtered(transposed(filtered(plane, weights)), weights));
}

Plane halved(const Plane& plane) {
  const Plane smooth = smoothed(plane, 1);
  const Index rows = (plane.rows() + 1) / 2, columns = (plane.cols() + 1) / 2;
  Plane result(rows, columns);
  for (Index y = 0; y < rows; ++y)
    for (Index x = 0; x < columns; ++x) result(y, x) = smooth(2 * y, 2 * x);
  return result;
}

Field gradient(const Plane& plane) {
  return {derivative_by_x(plane), transposed(derivative_by_x(transposed(plane)))};
}

Plane sampled(const Plane& plane, const Field& places) {
  const auto right = static_cast<double>(plane.cols() - 1);
  const auto bottom = static_cast<double>(plane.rows() - 1);
  Plane result(places.x.rows(), places.x.cols());
  for (Index i = 0; i < result.size(); ++i) {
    const double x = std::clamp(places.x.data()[i], 0.0, right);
    const double y = std::clamp(places.y.data()[i], 0.0, bottom);
    const auto x0 = static_cast<Index>(x), y0 = static_cast<Index>(y);
    const Index x1 = std::min(x0 + 1, plane.cols() - 1), y1 = std::min(y0 + 1, plane.rows() - 1);
    const double u = x - static_cast<double>(x0), v = y - static_cast<double>(y0);
    result.data()[i] = (1 - v) * ((1 - u) * plane(y0, x0) + u * plane(y0, x1)) +
                       v * ((1 - u) * plane(y1, x0) + u * plane(y1, x1));
  }
  return result;
}

Plane inside(const Field& places, Index rows, Index columns) {
  const auto right = static_cast<double>(columns - 1), bottom = static_cast<double>(rows - 1);
  return (places.x >= 0 && places.x <= right && places.y >= 0 && places.y <= bottom).cast<double>();
}

Field pixels(Index rows, Index columns) {
  Field result{Plane(rows, columns), Plane(rows, columns)};
  for (Index x = 0; x < columns; ++x) result.x.col(x) = static_cast<double>(x);
  for (Index y = 0; y < rows; ++y) result.y.row(y) = static_cast<double>(y);
  return result;
}

Field places(const Eigen::Matrix3d& h, Index rows, Index columns) {
  const Field at = pixels(rows, columns);
  const Plane depth = h(2, 0) * at.x + h(2, 1) * at.y + h(2, 2);
  return {(h(0, 0) * at.x + h(0, 1) * at.y + h(0, 2)) / depth,
          (h(1, 0) * at.x + h(1, 1) * at.y + h(1, 2)) / depth};
}

double correlation(const Plane& a, const Plane& b, const Plane& weights) {
  const double total = weights.sum();
  if (total <= 0) return 0;
  const Plane u = a - (a * weights).sum() / total, v = b - (b * weights).sum() / total;
  const double uu = (u * u * weights).sum(), vv = (v * v * weights).sum();
  // Constant to rounding.
  const double least = 1e-20 * ((a * a * weights).sum() + (b * b * weights).sum());
  if (uu <= least || vv <= least) return 0;
  return (u * v * weights).sum() / std::sqrt(uu * vv);
}

Eigen::Matrix3d translation(double x, double y) {
  Eigen::Matrix3d h = Eigen::Matrix3d::Identity();
  h(0, 2) = x;
  h(1, 2) = y;
  return h;
}

}  // namespace palimpsest::registration
