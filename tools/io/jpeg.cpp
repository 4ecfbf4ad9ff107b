// libjpeg's error handler must not return; it leaves by longjmp, so the functions that call
// setjmp hold plain values only and all memory belongs to the caller.

#include "tools/io/jpeg.h"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs size_t and FILE before it.
#include <jpeglib.h>

#include <jerror.h>

#include <algorithm>
#include <array>

#include "graph/error.h"
#include "tools/io/escape.h"
#include "tools/io/image.h"

namespace palimpsest::tools {
namespace {

constexpr int most_scans = 100;

struct Decoder {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::array<char, JMSG_LENGTH_MAX> message{};
  std::jmp_buf failed;

  Decoder() = default;
  ~Decoder() { jpeg_destroy_decompress(&jpeg); }
  Decoder(const Decoder&) = delete;
};

Decoder& decoder_of(j_common_ptr jpeg) { return *static_cast<Decoder*>(jpeg->client_data); }

[[noreturn]] void on_error(j_common_ptr jpeg) {
  Decoder& decoder = decoder_of(jpeg);
  jpeg->err->format_message(jpeg, decoder.message.data());
  std::longjmp(decoder.failed, 1);
}

/// Level -1 is a warning. Those that mean lost image data are errors here.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  const int code = jpeg->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE)
    on_error(jpeg);
}

void on_progress(j_common_ptr jpeg) {
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(jpeg);
  if (decompress->input_scan_number <= most_scans) return;
  Decoder& decoder = decoder_of(jpeg);
  std::snprintf(decoder.message.data(), decoder.message.size(), "at most %d scans expected",
                most_scans);
  std::longjmp(decoder.failed, 1);
}

/// Reads up to the first scan; false after an error.
bool read_header(Decoder& decoder, ByteView file) {
  if (setjmp(decoder.failed) != 0) return false;
  decoder.jpeg.err = jpeg_std_error(&decoder.errors);
  decoder.jpeg.client_data = &decoder;
  decoder.errors.error_exit = on_error;
  decoder.errors.emit_message = on_message;
  jpeg_create_decompress(&decoder.jpeg);
  decoder.progress.progress_monitor = on_progress;
  decoder.jpeg.progress = &decoder.progress;
  jpeg_mem_src(&decoder.jpeg, reinterpret_cast<const unsigned char*>(file.data()),
               static_cast<unsigned long>(file.size()));
  jpeg_read_header(&decoder.jpeg, TRUE);
  return true;
}

/// Decodes all rows into `samples`, height x width x components.
bool read_rows(Decoder& decoder, JSAMPLE* samples, std::size_t row_samples) {
  if (setjmp(decoder.failed) != 0) return false;
  jpeg_start_decompress(&decoder.jpeg);
  while (decoder.jpeg.output_scanline < decoder.jpeg.output_height) {
    JSAMPROW row = samples + decoder.jpeg.output_scanline * row_samples;
    jpeg_read_scanlines(&decoder.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&decoder.jpeg);
  return true;
}

}  // namespace

Literal decode_jpeg(ByteView file, std::string_view place) {
  Decoder decoder;
  const auto require = [&](bool succeeded) {
    if (!succeeded)
      throw InputError(text(place, ": JPEG: ", terminal_text(decoder.message.data())));
  };
  require(read_header(decoder, file));
  check_image_size(decoder.jpeg.image_height, decoder.jpeg.image_width, place);
  const bool grey = decoder.jpeg.jpeg_color_space == JCS_GRAYSCALE;
  if (!grey && decoder.jpeg.jpeg_color_space != JCS_YCbCr &&
      decoder.jpeg.jpeg_color_space != JCS_RGB)
    throw InputError(text(place, ": JPEG: grey or colour expected, CMYK or another came"));
  decoder.jpeg.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;

  const std::size_t channels = grey ? 1 : 3;
  const std::size_t row_samples = channels * decoder.jpeg.image_width;
  const std::size_t pixels = std::size_t{decoder.jpeg.image_height} * decoder.jpeg.image_width;
  std::vector<JSAMPLE> samples(channels * pixels);
  require(read_rows(decoder, samples.data(), row_samples));

  const TensorType type{DType::f32,
                        {grey ? 1 : 3, decoder.jpeg.image_height, decoder.jpeg.image_width}};
  auto data = Literal::allocate(type);
  auto* out = reinterpret_cast<float*>(data.get());
  for (std::size_t i = 0; i < samples.size(); ++i)
    out[(i % channels) * pixels + i / channels] = static_cast<float>(samples[i]) / 255.0f;
  return Literal(type, std::move(data));
}

}  // namespace palimpsest::tools
