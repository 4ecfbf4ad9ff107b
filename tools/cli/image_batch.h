#pragma once
// Image files as the batch that a model takes: sized and coloured for its input.

#include <string>
#include <vector>

#include "graph/model.h"

namespace palimpsest::tools {

/// Channels, height and width that images are brought to.
struct ImageExtents {
  std::int64_t channels = 0, height = 0, width = 0;
};

/// The images of all files and folders named, f32 [N, C, H, W] in [0, 1], made grey or colour,
/// scaled by the shorter side and cropped to the middle. Throws InputError.
Literal read_image_batch(const std::vector<std::string>& paths, const ImageExtents& extents);
/// The same as the model's input demands. Throws UnsupportedError when that is no image.
Literal read_image_batch(const std::vector<std::string>& paths, const Model& model);

}  // namespace palimpsest::tools
