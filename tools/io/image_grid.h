#pragma once
// Contact sheets of images, for people: enlarged so that small images can be seen.

#include <vector>

#include "graph/literal.h"

namespace palimpsest::tools {

struct GridLayout {
  std::int64_t columns = 8;
  std::int64_t least_side = 128;  ///< smaller images are enlarged by a whole factor to this
  std::int64_t gap = 4;           ///< between tiles, in pixels of the sheet, white
};

/// Images [C, H, W] of one shape in rows; missing tiles of the last row stay white. The sheet is
/// [3, H', W']. Throws InputError when there is none or shapes differ.
Literal image_grid(const std::vector<Literal>& images, const GridLayout& layout = {});

/// One row an image: truth | reconstruction | absolute difference. Both lists pair by index.
/// Throws InputError when they differ in length or shape.
Literal comparison_grid(const std::vector<Literal>& truth,
                        const std::vector<Literal>& reconstruction);

/// |a - b|, pixel by pixel. Throws InputError when the types differ.
Literal absolute_difference(const Literal& a, const Literal& b);

/// Each pixel repeated `factor` times in both directions.
Literal enlarged(const Literal& image, std::int64_t factor);

}  // namespace palimpsest::tools
