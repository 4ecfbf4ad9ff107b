#include "inversion/pixels.h"

#include <algorithm>

namespace palimpsest::inversion {
namespace {

double mean_of(const Normalization& normalization, std::int64_t channel) {
  return normalization.mean.empty() ? 0.0 : normalization.mean[static_cast<std::size_t>(channel)];
}

double deviation_of(const Normalization& normalization, std::int64_t channel) {
  return normalization.deviation.empty()
             ? 1.0
             : normalization.deviation[static_cast<std::size_t>(channel)];
}

/// The model-input value of one pixel value, per channel.
Literal level(const Problem& problem, double pixel) {
  const TensorType type = images_type(*problem.model, 1);
  const Normalization& normalization = problem.normalization;
  if (normalization.mean.empty()) return Literal::filled({type.dtype, {}}, pixel);
  const int axis = image_axes(*problem.model).channel;
  std::vector<double> values;
  for (std::int64_t c = 0; c < type.shape[axis]; ++c)
    values.push_back((pixel - mean_of(normalization, c)) / deviation_of(normalization, c));
  const Shape shape = ones_shape(type.shape.rank()).with(axis, type.shape[axis]);
  return Literal::of<double>(shape, values).converted(type.dtype);
}

}  // namespace

PixelRange pixel_range(const Problem& problem) { return {level(problem, 0), level(problem, 1)}; }

Literal pixels_of(const Problem& problem, const Literal& images) {
  const Shape& shape = images.shape();
  if (shape.rank() != 4) return images.converted(DType::f32);
  const ImageAxes axes = image_axes(*problem.model);
  const std::vector<std::int64_t> stride = shape.strides();
  const Shape out{shape[0], shape[axes.channel], shape[axes.height], shape[axes.width]};
  const std::vector<double> values = images.doubles();
  std::vector<float> pixels;
  pixels.reserve(values.size());
  for (std::int64_t n = 0; n < out[0]; ++n)
    for (std::int64_t c = 0; c < out[1]; ++c)
      for (std::int64_t h = 0; h < out[2]; ++h)
        for (std::int64_t w = 0; w < out[3]; ++w) {
          const std::int64_t at = n * stride[0] + c * stride[shape.index(axes.channel)] +
                                  h * stride[shape.index(axes.height)] +
                                  w * stride[shape.index(axes.width)];
          pixels.push_back(static_cast<float>(values[static_cast<std::size_t>(at)] *
                                                  deviation_of(problem.normalization, c) +
                                              mean_of(problem.normalization, c)));
        }
  return Literal::of<float>(out, pixels);
}

Literal clamped(const Literal& pixels) {
  const std::span<const float> values = pixels.values<float>();
  std::vector<float> inside(values.begin(), values.end());
  for (float& value : inside) value = std::clamp(value, 0.0F, 1.0F);
  return Literal::of<float>(pixels.shape(), inside);
}

}  // namespace palimpsest::inversion
