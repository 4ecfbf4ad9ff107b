#include "tools/io/image_grid.h"

#include <algorithm>
#include <cmath>

#include "graph/error.h"
#include "tools/io/image.h"
#include "tools/io/image_transform.h"

namespace palimpsest::tools {
namespace {

/// Copies a tile into the sheet, both with three channels.
void paste(const Literal& tile, std::vector<float>& sheet, const Shape& sheet_shape,
           std::int64_t top, std::int64_t left) {
  const Shape& shape = tile.shape();
  const std::span<const float> values = tile.values<float>();
  for (std::int64_t c = 0; c < shape[0]; ++c)
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      const std::int64_t source = (c * shape[1] + y) * shape[2];
      const std::int64_t target = (c * sheet_shape[1] + top + y) * sheet_shape[2] + left;
      std::copy_n(values.begin() + source, shape[2], sheet.begin() + target);
    }
}

}  // namespace

Literal absolute_difference(const Literal& a, const Literal& b) {
  if (!(a.type() == b.type()))
    throw InputError(
        text("images: two of one shape expected, ", a.type(), " and ", b.type(), " came"));
  std::vector<float> out(a.values<float>().begin(), a.values<float>().end());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::abs(out[i] - b.values<float>()[i]);
  return Literal::of(a.shape(), out);
}

Literal enlarged(const Literal& image, std::int64_t factor) {
  const Shape& shape = image.shape();
  const Shape result{shape[0], shape[1] * factor, shape[2] * factor};
  const std::span<const float> values = image.values<float>();
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(result.elements()));
  for (std::int64_t c = 0; c < result[0]; ++c)
    for (std::int64_t y = 0; y < result[1]; ++y)
      for (std::int64_t x = 0; x < result[2]; ++x)
        out.push_back(
            values[static_cast<std::size_t>((c * shape[1] + y / factor) * shape[2] + x / factor)]);
  return Literal::of(result, out);
}

Literal image_grid(const std::vector<Literal>& images, const GridLayout& layout) {
  if (images.empty()) throw InputError("grid: at least one image expected, none came");
  const Shape shape = images.front().shape();
  if (shape.rank() != 3 || shape.elements() == 0)
    throw InputError(text("grid: images [C, H, W] expected, ", shape, " came"));
  const std::int64_t side = std::min(shape[1], shape[2]);
  const std::int64_t factor = std::max<std::int64_t>(1, (layout.least_side + side - 1) / side);
  const auto count = static_cast<std::int64_t>(images.size());
  const std::int64_t columns = std::clamp<std::int64_t>(layout.columns, 1, count);
  const std::int64_t rows = (count + columns - 1) / columns;
  const std::int64_t row_step = shape[1] * factor + layout.gap;
  const std::int64_t column_step = shape[2] * factor + layout.gap;
  const Shape sheet_shape{3, rows * row_step - layout.gap, columns * column_step - layout.gap};
  check_image_size(sheet_shape[1], sheet_shape[2], "grid");

  std::vector<float> sheet(static_cast<std::size_t>(sheet_shape.elements()), 1.0f);
  for (std::int64_t i = 0; i < count; ++i) {
    const Literal& image = images[static_cast<std::size_t>(i)];
    if (!(image.shape() == shape))
      throw InputError(text("grid: images of ", shape, " expected, ", image.shape(), " came"));
    paste(enlarged(rgb(image), factor), sheet, sheet_shape, i / columns * row_step,
          i % columns * column_step);
  }
  return Literal::of(sheet_shape, sheet);
}

Literal comparison_grid(const std::vector<Literal>& truth,
                        const std::vector<Literal>& reconstruction) {
  if (truth.size() != reconstruction.size())
    throw InputError(text("grid: as many reconstructions as true images expected, ",
                          reconstruction.size(), " and ", truth.size(), " came"));
  std::vector<Literal> tiles;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    tiles.push_back(truth[i]);
    tiles.push_back(reconstruction[i]);
    tiles.push_back(absolute_difference(truth[i], reconstruction[i]));
  }
  return image_grid(tiles, {.columns = 3});
}

}  // namespace palimpsest::tools
