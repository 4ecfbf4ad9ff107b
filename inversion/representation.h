#pragma once
// What the attacked model sees in an image: the input of its last fully connected layer.

#include <span>
#include <vector>

#include "inversion/problem.h"
#include "runtime/kernel_table.h"

namespace palimpsest::inversion {

/// [N, F], one row per image: Model::head.features for pixels f32 [N, C, H, W] in [0, 1], which
/// are normalised as the problem says. Throws UnsupportedError for a model without a fully
/// connected last layer, or with BatchNormalization in training mode, where what one image is
/// depends on the others; InputError for images that are not the model's.
Literal representations(const Problem& problem, const Literal& pixels,
                        const runtime::KernelTable& kernels, int threads);

/// The mean squared difference of row k of `a` and row k of `b` for every k: MSE-R, when they are
/// representations of recovered and true images. Throws InputError when the types differ.
std::vector<double> row_squared_errors(const Literal& a, const Literal& b);

}  // namespace palimpsest::inversion
