#include "tools/io/image_transform.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "graph/error.h"

namespace palimpsest::tools {
namespace {

struct ImageView {
  explicit ImageView(const Literal& image) : values(image.values<float>()) {
    const Shape& shape = image.shape();
    if (shape.rank() != 3) throw ShapeError(text("image: [C, H, W] expected, ", shape, " came"));
    channels = shape[0];
    height = shape[1];
    width = shape[2];
  }
  std::span<const float> values;
  std::int64_t channels = 0, height = 0, width = 0;
};

/// The source samples of one output sample: weights of consecutive positions, summing to 1.
struct Tap {
  std::int64_t first = 0;
  std::vector<double> weights;
};

/// Triangle filter on pixel centres; wider than one pixel only when the image shrinks.
std::vector<Tap> triangle_taps(std::int64_t from, std::int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(scale, 1.0);
  std::vector<Tap> taps(static_cast<std::size_t>(to));
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const double center = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<std::int64_t>(0, std::llround(std::floor(center - support + 0.5)));
    const auto end = std::min<std::int64_t>(from, std::llround(std::floor(center + support + 0.5)));
    double sum = 0;
    taps[i].first = first;
    for (std::int64_t source = first; source < end; ++source) {
      const double distance = std::abs((static_cast<double>(source) + 0.5 - center) / support);
      taps[i].weights.push_back(std::max(0.0, 1.0 - distance));
      sum += taps[i].weights.back();
    }
    for (double& weight : taps[i].weights) weight /= sum;
  }
  return taps;
}

/// Filters along one axis: values are [outer, from, inner], the result is [outer, taps, inner].
std::vector<float> filtered(std::span<const float> values, std::size_t from, std::size_t inner,
                            const std::vector<Tap>& taps) {
  const std::size_t outer = values.size() / (from * inner);
  std::vector<float> out(outer * taps.size() * inner);
  for (std::size_t o = 0; o < outer; ++o)
    for (std::size_t t = 0; t < taps.size(); ++t)
      for (std::size_t i = 0; i < inner; ++i) {
        double sum = 0;
        std::size_t source = (o * from + static_cast<std::size_t>(taps[t].first)) * inner + i;
        for (const double weight : taps[t].weights) {
          sum += weight * static_cast<double>(values[source]);
          source += inner;
        }
        out[(o * taps.size() + t) * inner + i] = static_cast<float>(sum);
      }
  return out;
}

}  // namespace

Literal resized(const Literal& image, std::int64_t height, std::int64_t width) {
  const ImageView view(image);
  if (height < 1 || width < 1 || image.elements() == 0)
    throw InputError(text("resize: positive sizes expected, ", image.shape(), " to ", height, " x ",
                          width, " came"));
  const auto from_width = static_cast<std::size_t>(view.width);
  const auto from_height = static_cast<std::size_t>(view.height);
  const std::vector<float> narrow =
      filtered(view.values, from_width, 1, triangle_taps(view.width, width));
  const std::vector<float> small = filtered(narrow, from_height, static_cast<std::size_t>(width),
                                            triangle_taps(view.height, height));
  return Literal::of({view.channels, height, width}, small);
}

Literal resized_shorter_side(const Literal& image, std::int64_t side) {
  const ImageView view(image);
  const std::int64_t shorter = std::min(view.height, view.width);
  if (shorter < 1)
    throw InputError(text("resize: a positive size expected, ", image.shape(), " came"));
  return resized(image, view.height * side / shorter, view.width * side / shorter);
}

Literal center_cropped(const Literal& image, std::int64_t height, std::int64_t width) {
  const ImageView view(image);
  if (height < 1 || width < 1 || height > view.height || width > view.width)
    throw InputError(text("crop: a size within ", view.height, " x ", view.width, " expected, ",
                          height, " x ", width, " came"));
  const std::int64_t top = (view.height - height) / 2, left = (view.width - width) / 2;
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(view.channels * height * width));
  for (std::int64_t c = 0; c < view.channels; ++c)
    for (std::int64_t y = 0; y < height; ++y) {
      const std::int64_t start = (c * view.height + top + y) * view.width + left;
      const auto row =
          view.values.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(width));
      out.insert(out.end(), row.begin(), row.end());
    }
  return Literal::of({view.channels, height, width}, out);
}

Literal grey(const Literal& image) {
  const ImageView view(image);
  if (view.channels == 1) return image;
  if (view.channels != 3)
    throw InputError(text("grey: 1 or 3 channels expected, ", image.shape(), " came"));
  const auto pixels = static_cast<std::size_t>(view.height * view.width);
  std::vector<float> out(pixels);
  for (std::size_t i = 0; i < pixels; ++i)
    out[i] = 0.299f * view.values[i] + 0.587f * view.values[pixels + i] +
             0.114f * view.values[2 * pixels + i];
  return Literal::of({1, view.height, view.width}, out);
}

Literal rgb(const Literal& image) {
  const ImageView view(image);
  if (view.channels == 3) return image;
  if (view.channels != 1)
    throw InputError(text("rgb: 1 or 3 channels expected, ", image.shape(), " came"));
  std::vector<float> out;
  for (int c = 0; c < 3; ++c) out.insert(out.end(), view.values.begin(), view.values.end());
  return Literal::of({3, view.height, view.width}, out);
}

}  // namespace palimpsest::tools
