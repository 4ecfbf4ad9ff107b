#include "tools/cli/image_batch.h"

#include <cmath>

#include "inversion/problem.h"
#include "tools/io/image.h"
#include "tools/io/image_transform.h"

namespace palimpsest::tools {
namespace {

Literal fitted(const Literal& image, const ImageExtents& extents) {
  Literal out = extents.channels == 1 ? grey(image) : rgb(image);
  if (out.shape()[1] == extents.height && out.shape()[2] == extents.width) return out;
  const double scale =
      std::max(static_cast<double>(extents.height) / static_cast<double>(out.shape()[1]),
               static_cast<double>(extents.width) / static_cast<double>(out.shape()[2]));
  const auto side = [&](int axis, std::int64_t least) {
    const double exact = scale * static_cast<double>(out.shape()[axis]);
    return std::max<std::int64_t>(std::llround(exact), least);
  };
  out = resized(out, side(1, extents.height), side(2, extents.width));
  return center_cropped(out, extents.height, extents.width);
}

}  // namespace

Literal read_image_batch(const std::vector<std::string>& paths, const ImageExtents& extents) {
  std::vector<Literal> images;
  for (const std::string& path : paths)
    for (const NamedImage& named : read_images(path))
      images.push_back(fitted(named.image, extents));
  return stacked(images);
}

Literal read_image_batch(const std::vector<std::string>& paths, const Model& model) {
  const inversion::ImageAxes axes = inversion::image_axes(model);
  const Shape& shape = model.function.inputs[model.data.front().input].shape();
  return read_image_batch(paths, {shape[axes.channel], shape[axes.height], shape[axes.width]});
}

}  // namespace palimpsest::tools
