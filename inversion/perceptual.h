#pragma once
// LPIPS (Zhang, Isola, Efros, Shechtman, Wang 2018) through a network that the user brings: the
// figure means nothing without the name of the network.

#include <vector>

#include "graph/model.h"
#include "runtime/kernel_table.h"

namespace palimpsest::inversion {

/// What the network's inputs hold for pixels 0 and 1: -1 and 1 for the published networks.
struct PerceptualRange {
  double low = -1, high = 1;
};

/// The network's distance of image k of `recovered` and image k of `truth`, both f32
/// [N, C, H, W] in [0, 1], for every k; grey images are repeated in three channels. The network
/// has two data inputs [B, 3, H, W] with B of any size, the first for the recovered image, and B
/// distances as its first output. Throws UnsupportedError for another network, InputError for
/// images of another size, NumericError for a distance that is not finite.
std::vector<double> perceptual_distances(const Model& network, const Literal& recovered,
                                         const Literal& truth, const PerceptualRange& range,
                                         const runtime::KernelTable& kernels, int threads);

}  // namespace palimpsest::inversion
