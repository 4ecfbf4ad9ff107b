#include "inversion/registered.h"

#include <limits>

#include "inversion/metrics.h"
#include "registration/registration.h"

namespace palimpsest::inversion {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Literal image_of(const Literal& images, std::int64_t index) {
  const Shape& shape = images.shape();
  const TensorType type{images.dtype(), {shape[1], shape[2], shape[3]}};
  return Literal::copy_of(type, images.bytes() + static_cast<std::size_t>(index) * type.bytes());
}

/// Over the pixels [C, H, W] where the mask [H, W] is 1.
double masked_squared_error(const Literal& a, const Literal& b, const Literal& mask) {
  const auto x = a.values<float>(), y = b.values<float>(), inside = mask.values<float>();
  double sum = 0, pixels = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double weight = inside[k % inside.size()];
    const double difference = static_cast<double>(x[k]) - static_cast<double>(y[k]);
    sum += weight * difference * difference;
    pixels += weight;
  }
  return sum / pixels;
}

}  // namespace

RegisteredScore registered_score(const Literal& recovered, std::int64_t i, const Literal& truth,
                                 std::int64_t j) {
  const double plain = psnr(mean_squared_error(recovered, i, truth, j));
  const Shape& shape = truth.shape();
  if (shape.rank() != 4 || shape[2] < 8 || shape[3] < 8) return {nan, nan, false};
  const Literal moving = image_of(recovered, i), fixed = image_of(truth, j);
  const registration::Registration found = registration::register_image(
      moving, fixed, {.motion = registration::Motion::affine, .dense = false});
  if (!found.found) return {plain, found.confidence, false};
  const registration::Warped seen = registration::warped(moving, found);
  return {psnr(masked_squared_error(seen.image, fixed, seen.mask)), found.confidence, true};
}

}  // namespace palimpsest::inversion
