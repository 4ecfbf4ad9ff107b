#pragma once
// Imprint layers (Fowl et al. 2022, "Robbing the Fed"): a server that means harm sends a first
// layer whose units all ask the same linear question h of the example and differ by their
// thresholds. Behind a ReLU unit k then sums the examples whose answer is above t_k, and the
// difference of neighbouring units shows the examples between t_k and t_{k+1}: a single one,
// exactly, when it is alone there. No honest training makes such a layer.

#include <vector>

#include "inversion/closed_form/input_layer.h"

namespace palimpsest::inversion {

struct Imprint {
  std::vector<std::int64_t> units;  ///< by rising threshold
  std::vector<double> thresholds;   ///< unit k is active where <direction, v> > thresholds[k]
  std::vector<double> direction;    ///< h, of l2 norm 1, over the layer's inputs
};

/// Every group of at least four units whose weights are positive multiples of each other, up to
/// f32 rounding, and whose thresholds are not all the same; the largest first. Layers of fewer than
/// four inputs are left out, where rows can be parallel by chance.
std::vector<Imprint> find_imprints(const Model& model, const InputLayer& layer);

}  // namespace palimpsest::inversion
