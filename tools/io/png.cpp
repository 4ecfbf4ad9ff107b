// libpng reports errors by longjmp, which must not pass a C++ object with a destructor. So the
// functions that call setjmp hold plain values only; all memory belongs to the caller.

#include "tools/io/png.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csetjmp>
#include <cstring>

#include "graph/error.h"
#include "tools/io/escape.h"
#include "tools/io/image.h"

namespace palimpsest::tools {
namespace {

/// The decoder, its input and what it said last.
struct Decoder {
  ByteView rest;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::array<char, 128> message{};
  std::jmp_buf failed;

  explicit Decoder(ByteView file) : rest(file) {}
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
  Decoder(const Decoder&) = delete;
};

struct Format {
  png_uint_32 width = 0, height = 0;
  int channels = 0, bits = 0;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* decoder = static_cast<Decoder*>(png_get_error_ptr(png));
  std::strncpy(decoder->message.data(), message, decoder->message.size() - 1);
  std::longjmp(decoder->failed, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, png_size_t count) {
  auto* decoder = static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > decoder->rest.size()) png_error(png, "unexpected end of file");
  std::memcpy(out, decoder->rest.data(), count);
  decoder->rest = decoder->rest.subspan(count);
}

/// Reads up to the first IDAT; false after an error.
bool read_header(Decoder& decoder) {
  if (setjmp(decoder.failed) != 0) return false;
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, on_error, on_warning);
  if (decoder.png) decoder.info = png_create_info_struct(decoder.png);
  if (!decoder.info) return false;
  png_set_read_fn(decoder.png, &decoder, on_read);
  png_set_user_limits(decoder.png, max_image_side, max_image_side);
  png_set_keep_unknown_chunks(decoder.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(decoder.png, decoder.info);
  return true;
}

/// Asks for grey or RGB samples of 8 or 16 bits without alpha.
bool set_transforms(Decoder& decoder, Format& format) {
  if (setjmp(decoder.failed) != 0) return false;
  const int color = png_get_color_type(decoder.png, decoder.info);
  const int bits = png_get_bit_depth(decoder.png, decoder.info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(decoder.png);
  if (color == PNG_COLOR_TYPE_GRAY && bits < 8) png_set_expand_gray_1_2_4_to_8(decoder.png);
  png_set_strip_alpha(decoder.png);
  png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  format.width = png_get_image_width(decoder.png, decoder.info);
  format.height = png_get_image_height(decoder.png, decoder.info);
  format.channels = png_get_channels(decoder.png, decoder.info);
  format.bits = png_get_bit_depth(decoder.png, decoder.info);
  return true;
}

bool read_rows(Decoder& decoder, png_bytepp rows) {
  if (setjmp(decoder.failed) != 0) return false;
  png_read_image(decoder.png, rows);
  png_read_end(decoder.png, nullptr);
  return true;
}

/// Interleaved samples, big-endian when they are 16 bits, to planes in [0, 1].
Literal planes(const std::vector<png_byte>& samples, const Format& format) {
  const TensorType type{DType::f32, {format.channels, format.height, format.width}};
  auto data = Literal::allocate(type);
  auto* out = reinterpret_cast<float*>(data.get());
  const std::size_t pixels = std::size_t{format.height} * format.width;
  const auto channels = static_cast<std::size_t>(format.channels);
  for (std::size_t i = 0; i < pixels * channels; ++i) {
    const float sample =
        format.bits == 16 ? static_cast<float>(samples[2 * i] * 256 + samples[2 * i + 1]) / 65535.0f
                          : static_cast<float>(samples[i]) / 255.0f;
    out[(i % channels) * pixels + i / channels] = sample;
  }
  return Literal(type, std::move(data));
}

}  // namespace

Literal decode_png(ByteView file, std::string_view place) {
  Decoder decoder(file);
  const auto require = [&](bool succeeded) {
    if (!succeeded) throw InputError(text(place, ": PNG: ", terminal_text(decoder.message.data())));
  };
  require(read_header(decoder));
  check_image_size(png_get_image_height(decoder.png, decoder.info),
                   png_get_image_width(decoder.png, decoder.info), place);
  Format format;
  require(set_transforms(decoder, format));
  const std::size_t row_bytes = png_get_rowbytes(decoder.png, decoder.info);
  std::vector<png_byte> samples(row_bytes * format.height);
  std::vector<png_bytep> rows(format.height);
  for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = samples.data() + y * row_bytes;
  require(read_rows(decoder, rows.data()));
  return planes(samples, format);
}

Bytes encode_png(const Literal& image) {
  const Shape& shape = image.shape();
  if (shape.rank() != 3 || (shape[0] != 1 && shape[0] != 3) || image.dtype() != DType::f32)
    throw ShapeError(text("PNG: f32 [1 or 3, H, W] expected, ", image.type(), " came"));
  const auto channels = static_cast<std::size_t>(shape[0]);
  const auto pixels = static_cast<std::size_t>(shape[1] * shape[2]);
  std::vector<png_byte> samples(channels * pixels);
  const std::span<const float> values = image.values<float>();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const float value = values[(i % channels) * pixels + i / channels];
    const float clamped = value > 0 ? std::min(value, 1.0f) : 0.0f;
    samples[i] = static_cast<png_byte>(std::lround(clamped * 255.0f));
  }

  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.height = static_cast<png_uint_32>(shape[1]);
  header.width = static_cast<png_uint_32>(shape[2]);
  header.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  Bytes out(size);
  if (png_image_write_to_memory(&header, out.data(), &size, 0, samples.data(), 0, nullptr) == 0)
    throw ResourceError(text("PNG: cannot encode ", shape, ": ", header.message));
  out.resize(size);
  return out;
}

}  // namespace palimpsest::tools
