#pragma once
// Images inside a page: PNG as base64, large ones made smaller, small ones enlarged by the
// browser without smoothing.

#include <cstdint>
#include <string>
#include <vector>

#include "graph/literal.h"
#include "tools/report/markup.h"

namespace palimpsest::tools {

/// The longest side that a picture has in a page; larger ones are made smaller.
inline constexpr std::int64_t largest_picture_side = 448;

/// One picture with a caption below it. `image` is f32 [1 or 3, H, W] in [0, 1]; what is not
/// finite is shown black.
void write_picture(Markup& out, const Literal& image, const std::string& caption);

/// Pictures side by side under one heading: truth | reconstruction | difference.
struct PictureRow {
  std::string heading;
  std::vector<std::pair<Literal, std::string>> pictures;  ///< with their captions
};
void write_picture_rows(Markup& out, const std::vector<PictureRow>& rows);

}  // namespace palimpsest::tools
