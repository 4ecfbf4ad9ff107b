#include "tools/io/image.h"

#include <algorithm>
#include <cstring>

#include "graph/error.h"
#include "tools/io/escape.h"
#include "tools/io/jpeg.h"
#include "tools/io/npy.h"
#include "tools/io/png.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t max_file_bytes = std::uint64_t{1} << 30;

bool is_channel_count(std::int64_t extent) { return extent == 1 || extent == 3; }

/// Swaps the last axis of [N, H, W, C] to its place in [N, C, H, W].
Literal channels_first(const Literal& batch) {
  const Shape& shape = batch.shape();
  const std::int64_t pixels = shape[1] * shape[2], channels = shape[3];
  std::vector<float> out(static_cast<std::size_t>(shape.elements()));
  const std::span<const float> in = batch.values<float>();
  for (std::int64_t n = 0; n < shape[0]; ++n)
    for (std::int64_t p = 0; p < pixels; ++p)
      for (std::int64_t c = 0; c < channels; ++c)
        out[static_cast<std::size_t>((n * channels + c) * pixels + p)] =
            in[static_cast<std::size_t>((n * pixels + p) * channels + c)];
  return Literal::of({shape[0], channels, shape[1], shape[2]}, out);
}

/// Array values as f32 in [0, 1].
Literal unit_range(const Literal& array, Element element, std::string_view place) {
  if (element != Element::u8 && !is_float(array.dtype()))
    throw InputError(text(place, ": an image of u1 or floats expected, ", array.type(), " came"));
  const double divisor = element == Element::u8 ? 255 : 1;
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(array.elements()));
  for (const double value : array.doubles()) {
    if (!(value >= 0 && value <= divisor))
      throw InputError(text(place, ": pixels in [0, 1] expected, ", value, " came"));
    values.push_back(static_cast<float>(value / divisor));
  }
  return Literal::of(array.shape(), values);
}

/// An array of images as a batch [N, C, H, W]; the channel axis is the one of extent 1 or 3.
Literal batch_from_npy(ByteView file, std::string_view place) {
  const NpyHeader header = parse_npy_header(file, place);
  const Shape& shape = header.stored.shape;
  const auto refuse = [&] {
    throw InputError(text(place,
                          ": [H, W], [C, H, W], [H, W, C] or a batch of these with 1 or 3 "
                          "channels expected, ",
                          shape, " came"));
  };
  if (shape.rank() < 2 || shape.rank() > 4) refuse();
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  if (shape.rank() == 2) extents.insert(extents.begin(), 1);
  if (shape.rank() < 4) extents.insert(extents.begin(), 1);
  const bool first = is_channel_count(extents[1]);
  if (!first && !is_channel_count(extents[3])) refuse();
  check_image_size(extents[first ? 2 : 1], extents[first ? 3 : 2], place);
  const Literal batch =
      unit_range(parse_npy(file, place), header.stored.element, place).reshaped(Shape(extents));
  return first ? batch : channels_first(batch);
}

/// All images of a file: one, or those of a .npy batch.
std::vector<Literal> decode_images(ByteView file, std::string_view place) {
  const std::string_view head = characters(file);
  if (head.starts_with("\x89PNG\r\n\x1a\n")) return {decode_png(file, place)};
  if (head.starts_with("\xFF\xD8\xFF")) return {decode_jpeg(file, place)};
  if (head.starts_with("\x93NUMPY")) return unstacked(batch_from_npy(file, place));
  throw InputError(text(place, ": a PNG, JPEG or npy image expected, other bytes came"));
}

void append_images(const fs::path& path, std::vector<NamedImage>& out) {
  const Bytes file = read_file(path, max_file_bytes);
  std::vector<Literal> images = decode_images(file, terminal_text(path.native()));
  const std::string name = path.filename().native();
  for (std::size_t i = 0; i < images.size(); ++i)
    out.push_back({images.size() == 1 ? name : text(name, "[", i, "]"), std::move(images[i])});
}

bool has_image_extension(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".npy";
}

}  // namespace

void check_image_size(std::int64_t height, std::int64_t width, std::string_view place) {
  const bool sides =
      height >= 1 && width >= 1 && height <= max_image_side && width <= max_image_side;
  if (!sides || height * width > max_image_pixels)
    throw InputError(text(place, ": an image of 1 to ", max_image_side,
                          " pixels a side and at most ", max_image_pixels, " in all expected, ",
                          height, " x ", width, " came"));
}

Literal read_image(const fs::path& path) {
  std::vector<NamedImage> images;
  append_images(path, images);
  if (images.size() != 1)
    throw InputError(
        text(terminal_text(path.native()), ": one image expected, ", images.size(), " came"));
  return std::move(images.front().image);
}

std::vector<NamedImage> read_images(const fs::path& path) {
  std::vector<NamedImage> images;
  if (!fs::is_directory(path)) {
    append_images(path, images);
  } else {
    for (const std::string& name : Directory(path).names())
      if (has_image_extension(name)) append_images(path / name, images);
  }
  if (images.empty())
    throw InputError(
        text(terminal_text(path.native()), ": at least one image expected, none came"));
  return images;
}

Literal stacked(const std::vector<Literal>& images) {
  if (images.empty()) throw InputError("images: at least one expected, none came");
  const TensorType& type = images.front().type();
  std::vector<std::int64_t> extents(type.shape.begin(), type.shape.end());
  extents.insert(extents.begin(), static_cast<std::int64_t>(images.size()));
  TensorType batch{type.dtype, Shape(std::move(extents))};
  auto data = Literal::allocate(batch);
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (!(images[i].type() == type))
      throw InputError(text("images: all of ", type, " expected, ", images[i].type(), " came"));
    std::memcpy(data.get() + i * type.bytes(), images[i].bytes(), type.bytes());
  }
  return Literal(std::move(batch), std::move(data));
}

std::vector<Literal> unstacked(const Literal& batch) {
  const std::span<const std::int64_t> extents = batch.shape().extents();
  if (extents.empty()) throw ShapeError(text("images: a batch expected, ", batch.type(), " came"));
  const TensorType type{batch.dtype(), Shape(extents.subspan(1))};
  std::vector<Literal> images;
  for (std::size_t i = 0; i < static_cast<std::size_t>(extents[0]); ++i)
    images.push_back(Literal::copy_of(type, batch.bytes() + i * type.bytes()));
  return images;
}

}  // namespace palimpsest::tools
