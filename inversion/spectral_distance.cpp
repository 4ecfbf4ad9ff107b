#include <cmath>
#include <complex>

#include "inversion/metrics.h"
#include "registration/fourier.h"

namespace palimpsest::inversion {
namespace {

using Magnitudes = Eigen::ArrayXXd;

/// |F| of one channel of one image, F scaled so that it keeps sums of squares.
Magnitudes magnitudes(const Literal& images, std::int64_t image, std::int64_t channel) {
  using Floats = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Shape& shape = images.shape();
  const std::int64_t pixels = shape[2] * shape[3];
  const float* values = images.values<float>().data() + (image * shape[1] + channel) * pixels;
  const Eigen::Map<const Floats> plane(values, shape[2], shape[3]);
  return registration::fourier(plane.cast<std::complex<double>>()).abs() /
         std::sqrt(static_cast<double>(pixels));
}

}  // namespace

double spectral_distance(const Literal& a, std::int64_t i, const Literal& b, std::int64_t j) {
  const Shape& shape = a.shape();
  if (shape.rank() != 4 || b.shape().rank() != 4 || !(b.shape().with(0, shape[0]) == shape))
    throw InputError(
        text("FFT2D: images of one size expected, ", a.type(), " and ", b.type(), " came"));
  double sum = 0;
  for (std::int64_t channel = 0; channel < shape[1]; ++channel)
    sum += (magnitudes(a, i, channel) - magnitudes(b, j, channel)).square().sum();
  return std::sqrt(sum / static_cast<double>(shape[1] * shape[2] * shape[3]));
}

}  // namespace palimpsest::inversion
