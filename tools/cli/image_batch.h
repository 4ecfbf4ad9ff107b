#pragma once
// Image files as the batch that a model takes: sized and coloured for its input.

#include <string>
#include <vector>

#include "graph/model.h"

namespace palimpsest::tools {

/// The images of all files and folders named, f32 [N, C, H, W] in [0, 1], made grey or colour,
/// scaled by the shorter side and cropped to the middle as the model's input demands. For a
/// model without image input they must be .npy of its shape. Throws InputError.
Literal read_image_batch(const std::vector<std::string>& paths, const Model& model);

}  // namespace palimpsest::tools
