#include "tools/cli/image_batch.h"

#include "tools/io/image.h"
#include "tools/io/image_transform.h"

namespace palimpsest::tools {
namespace {

using inversion::ImageAxes;

/// Channels, height and width of the model's input.
struct Extents {
  std::int64_t channels, height, width;
};

Extents extents_of(const Model& model) {
  const ImageAxes axes = inversion::image_axes(model);
  const Shape& shape = model.function.inputs[model.data.front().input].shape();
  return {shape[axes.channel], shape[axes.height], shape[axes.width]};
}

Literal fitted(const Literal& image, const Extents& extents) {
  Literal out = extents.channels == 1 ? grey(image) : rgb(image);
  if (out.shape()[1] == extents.height && out.shape()[2] == extents.width) return out;
  const double scale =
      std::max(static_cast<double>(extents.height) / static_cast<double>(out.shape()[1]),
               static_cast<double>(extents.width) / static_cast<double>(out.shape()[2]));
  const auto side = [&](int axis, std::int64_t least) {
    const double exact = scale * static_cast<double>(out.shape()[axis]);
    return std::max(static_cast<std::int64_t>(exact + 0.5), least);
  };
  out = resized(out, side(1, extents.height), side(2, extents.width));
  return center_cropped(out, extents.height, extents.width);
}

}  // namespace

Literal read_image_batch(const std::vector<std::string>& paths, const Model& model) {
  const Extents extents = extents_of(model);
  std::vector<Literal> images;
  for (const std::string& path : paths)
    for (const NamedImage& named : read_images(path))
      images.push_back(fitted(named.image, extents));
  return stacked(images);
}

Literal model_input(const inversion::Problem& problem, const Literal& pixels) {
  const Model& model = *problem.model;
  const ImageAxes axes = inversion::image_axes(model);
  const auto& [mean, deviation] = problem.normalization;
  const std::vector<float> source(pixels.values<float>().begin(), pixels.values<float>().end());
  const Shape& shape = pixels.shape();
  const bool channels_last = axes.channel == 3;
  const std::int64_t area = shape[2] * shape[3];
  std::vector<double> out(source.size());
  for (std::int64_t n = 0; n < shape[0]; ++n)
    for (std::int64_t c = 0; c < shape[1]; ++c)
      for (std::int64_t p = 0; p < area; ++p) {
        const auto channel = static_cast<std::size_t>(c);
        double value = source[static_cast<std::size_t>((n * shape[1] + c) * area + p)];
        if (!mean.empty()) value = (value - mean[channel]) / deviation[channel];
        const std::int64_t to =
            channels_last ? (n * area + p) * shape[1] + c : (n * shape[1] + c) * area + p;
        out[static_cast<std::size_t>(to)] = value;
      }
  const TensorType type = inversion::images_type(model, shape[0]);
  return Literal::of(type.shape, out).converted(type.dtype);
}

}  // namespace palimpsest::tools
