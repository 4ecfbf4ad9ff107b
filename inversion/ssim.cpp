#include <array>
#include <cmath>

#include "inversion/metrics.h"

namespace palimpsest::inversion {
namespace {

constexpr std::int64_t radius = 5;
constexpr std::int64_t window = 2 * radius + 1;

std::array<double, window> gaussian() {
  std::array<double, window> weights{};
  double sum = 0;
  for (std::int64_t k = 0; k < window; ++k) {
    const double offset = static_cast<double>(k - radius) / 1.5;
    sum += weights[static_cast<std::size_t>(k)] = std::exp(-offset * offset / 2);
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

/// One channel of one image.
struct Plane {
  std::int64_t height, width;
  std::vector<double> values;
};

/// The separable window over all places where it lies wholly inside: [H - 10, W - 10].
Plane windowed(const Plane& in) {
  static const std::array<double, window> weights = gaussian();
  Plane rows{in.height, in.width - window + 1, {}};
  for (std::int64_t y = 0; y < rows.height; ++y)
    for (std::int64_t x = 0; x < rows.width; ++x) {
      double sum = 0;
      for (std::int64_t k = 0; k < window; ++k)
        sum += weights[static_cast<std::size_t>(k)] *
               in.values[static_cast<std::size_t>(y * in.width + x + k)];
      rows.values.push_back(sum);
    }
  Plane out{in.height - window + 1, rows.width, {}};
  for (std::int64_t y = 0; y < out.height; ++y)
    for (std::int64_t x = 0; x < out.width; ++x) {
      double sum = 0;
      for (std::int64_t k = 0; k < window; ++k)
        sum += weights[static_cast<std::size_t>(k)] *
               rows.values[static_cast<std::size_t>((y + k) * out.width + x)];
      out.values.push_back(sum);
    }
  return out;
}

Plane product(const Plane& a, const Plane& b) {
  Plane out = a;
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] *= b.values[i];
  return out;
}

Plane channel_of(const Literal& images, std::int64_t image, std::int64_t channel) {
  const Shape& shape = images.shape();
  const auto pixels = static_cast<std::size_t>(shape[2] * shape[3]);
  const auto first = static_cast<std::size_t>(image * shape[1] + channel) * pixels;
  const auto values = images.values<float>().subspan(first, pixels);
  return {shape[2], shape[3], {values.begin(), values.end()}};
}

/// Mean over the places of one channel of the index of Wang et al., eq. 13.
double channel_ssim(const Plane& a, const Plane& b) {
  constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
  const Plane mean_a = windowed(a), mean_b = windowed(b);
  const Plane aa = windowed(product(a, a)), bb = windowed(product(b, b));
  const Plane ab = windowed(product(a, b));
  double sum = 0;
  for (std::size_t i = 0; i < mean_a.values.size(); ++i) {
    const double ma = mean_a.values[i], mb = mean_b.values[i];
    const double va = aa.values[i] - ma * ma, vb = bb.values[i] - mb * mb;
    const double covariance = ab.values[i] - ma * mb;
    sum += (2 * ma * mb + c1) * (2 * covariance + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
  }
  return sum / static_cast<double>(mean_a.values.size());
}

}  // namespace

double ssim(const Literal& a, std::int64_t i, const Literal& b, std::int64_t j) {
  const Shape& shape = a.shape();
  if (shape.rank() != 4 || shape[2] < window || shape[3] < window)
    throw InputError(text("SSIM: images of at least 11x11 expected, ", a.type(), " came"));
  if (b.shape().rank() != 4 || !(b.shape().with(0, shape[0]) == shape))
    throw InputError(
        text("SSIM: images of one size expected, ", a.type(), " and ", b.type(), " came"));
  double sum = 0;
  for (std::int64_t channel = 0; channel < shape[1]; ++channel)
    sum += channel_ssim(channel_of(a, i, channel), channel_of(b, j, channel));
  return sum / static_cast<double>(shape[1]);
}

}  // namespace palimpsest::inversion
