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

/// Calls visit(offset in [N, C, H, W], offset in the model's layout, channel) for each element.
template <class Visit>
void for_each_pixel(const Problem& problem, const Shape& images, const Visit& visit) {
  const ImageAxes axes = image_axes(*problem.model);
  const std::vector<std::int64_t> stride = images.strides();
  const std::int64_t channel = stride[images.index(axes.channel)],
                     row = stride[images.index(axes.height)],
                     column = stride[images.index(axes.width)];
  std::size_t pixel = 0;
  for (std::int64_t n = 0; n < images[0]; ++n)
    for (std::int64_t c = 0; c < images[axes.channel]; ++c)
      for (std::int64_t h = 0; h < images[axes.height]; ++h)
        for (std::int64_t w = 0; w < images[axes.width]; ++w)
          visit(pixel++,
                static_cast<std::size_t>(n * stride[0] + c * channel + h * row + w * column), c);
}

/// [N, C, H, W] of images in the model's layout.
Shape pixel_shape(const Problem& problem, const Shape& images) {
  const ImageAxes axes = image_axes(*problem.model);
  return {images[0], images[axes.channel], images[axes.height], images[axes.width]};
}

}  // namespace

PixelRange pixel_range(const Problem& problem) { return {level(problem, 0), level(problem, 1)}; }

Literal images_of(const Problem& problem, const Literal& pixels) {
  check_normalization(*problem.model, problem.normalization);
  const TensorType type = images_type(*problem.model, pixels.shape()[0]);
  if (!(pixels.shape() == pixel_shape(problem, type.shape)))
    throw InputError(text("images: pixels ", pixel_shape(problem, type.shape), " expected, ",
                          pixels.shape(), " came"));
  const std::span<const float> values = pixels.values<float>();
  std::vector<double> images(values.size());
  for_each_pixel(problem, type.shape, [&](std::size_t pixel, std::size_t at, std::int64_t c) {
    images[at] = (double{values[pixel]} - mean_of(problem.normalization, c)) /
                 deviation_of(problem.normalization, c);
  });
  return Literal::of<double>(type.shape, images).converted(type.dtype);
}

Literal pixels_of(const Problem& problem, const Literal& images) {
  if (images.shape().rank() != 4) return images.converted(DType::f32);
  const std::vector<double> values = images.doubles();
  std::vector<float> pixels(values.size());
  for_each_pixel(problem, images.shape(), [&](std::size_t pixel, std::size_t at, std::int64_t c) {
    pixels[pixel] = static_cast<float>(values[at] * deviation_of(problem.normalization, c) +
                                       mean_of(problem.normalization, c));
  });
  return Literal::of<float>(pixel_shape(problem, images.shape()), pixels);
}

Literal clamped(const Literal& pixels) {
  const std::span<const float> values = pixels.values<float>();
  std::vector<float> inside(values.begin(), values.end());
  for (float& value : inside) value = std::clamp(value, 0.0F, 1.0F);
  return Literal::of<float>(pixels.shape(), inside);
}

}  // namespace palimpsest::inversion
