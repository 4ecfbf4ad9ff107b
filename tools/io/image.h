#pragma once
// Images as the engine sees them: f32 literals [C, H, W] with values in [0, 1], C = 1 or 3.
// Readers accept files by their bytes and check sizes before they decode.

#include <filesystem>
#include <string>
#include <vector>

#include "graph/literal.h"
#include "tools/io/files.h"

namespace palimpsest::tools {

/// The most pixels a side, and in all, that a reader decodes.
inline constexpr std::int64_t max_image_side = 32'768;
inline constexpr std::int64_t max_image_pixels = std::int64_t{64} << 20;

/// Reads PNG, JPEG or .npy by content. PNG: 1 to 16 bits, grey, palette or RGB; transparency and
/// colour profiles are ignored. JPEG: grey or YCbCr. npy: [H, W], [C, H, W] or [H, W, C]; u1 is
/// divided by 255, floats must lie in [0, 1]. Throws InputError, or IoError when the file cannot
/// be opened.
Literal read_image(const std::filesystem::path& path);

/// An image and where it came from.
struct NamedImage {
  std::string name;  ///< file name, or "file[3]" for the fourth of a batch
  Literal image;
};

/// One image file, a .npy batch [N, C, H, W] or [N, H, W, C], or every PNG, JPEG and npy file of a
/// folder in natural order. Throws InputError also when there is none.
std::vector<NamedImage> read_images(const std::filesystem::path& path);

/// Images of one shape as a batch [N, C, H, W]; throws InputError when shapes differ.
Literal stacked(const std::vector<Literal>& images);
/// The images [C, H, W] of a batch [N, C, H, W].
std::vector<Literal> unstacked(const Literal& batch);

/// Throws InputError unless 1 <= sides <= max_image_side and the area <= max_image_pixels.
void check_image_size(std::int64_t height, std::int64_t width, std::string_view place);

}  // namespace palimpsest::tools
