#pragma once
// Where R-GAP begins: the input of the last layer and dL/dz from that layer's gradient.

#include "inversion/closed_form/chain_equations.h"

namespace palimpsest::inversion {

struct ChainStart {
  Vector x, d;
  double residual = 0;  ///< |d - (prediction - target)| / |d|, where that was solved for
};

/// One start where the layer has a bias. Without: all scales s at which x = s v and d = u / s
/// fulfil d = softmax(W x) - y (cross-entropy, some class y) or d = (sigmoid(W x) - y) / C (binary,
/// C outputs) to a thousandth. Throws UnsupportedError for a squared error without a bias,
/// NumericError when nothing fits.
std::vector<ChainStart> chain_starts(const LayerTensors& last, LossSpec loss);

}  // namespace palimpsest::inversion
