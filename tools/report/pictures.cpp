#include "tools/report/pictures.h"

#include <algorithm>

#include "tools/io/image_transform.h"
#include "tools/io/png.h"
#include "tools/report/base64.h"

namespace palimpsest::tools {
namespace {

Literal limited(const Literal& image) {
  const std::int64_t height = image.shape()[1], width = image.shape()[2];
  const std::int64_t side = std::max(height, width);
  if (side <= largest_picture_side) return image;
  const auto shrunk = [&](std::int64_t extent) {
    return std::max<std::int64_t>(1, extent * largest_picture_side / side);
  };
  return resized(image, shrunk(height), shrunk(width));
}

}  // namespace

void write_picture(Markup& out, const Literal& image, const std::string& caption) {
  const Literal shown = limited(image);
  const Element figure(out, "figure", "picture");
  out.empty("img", {{"src", "data:image/png;base64," + base64(encode_png(shown))},
                    {"width", std::to_string(shown.shape()[2])},
                    {"height", std::to_string(shown.shape()[1])},
                    {"alt", caption}});
  out.element("figcaption", caption);
}

void write_picture_rows(Markup& out, const std::vector<PictureRow>& rows) {
  const Element all(out, "div", rows.size() == 1 ? "rows single" : "rows");
  for (const PictureRow& row : rows) {
    const Element block(out, "div", "row");
    if (!row.heading.empty()) out.element("p", row.heading, {{"class", "heading"}});
    const Element pictures(out, "div", "pictures");
    for (const auto& [image, caption] : row.pictures) write_picture(out, image, caption);
  }
}

}  // namespace palimpsest::tools
