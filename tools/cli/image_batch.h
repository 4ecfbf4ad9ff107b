#pragma once
// Image files as the batch that a model takes: sized and coloured for its input.

#include <string>
#include <vector>

#include "graph/model.h"
#include "inversion/problem.h"

namespace palimpsest::tools {

/// The images of all files and folders named, f32 [N, C, H, W] in [0, 1], made grey or colour,
/// scaled by the shorter side and cropped to the middle as the model's input demands. For a
/// model without image input they must be .npy of its shape. Throws InputError.
Literal read_image_batch(const std::vector<std::string>& paths, const Model& model);

/// Pixels [N, C, H, W] in [0, 1] as the model's input: (pixel - mean) / deviation in its layout
/// and dtype, with N rows.
Literal model_input(const inversion::Problem& problem, const Literal& pixels);

}  // namespace palimpsest::tools
