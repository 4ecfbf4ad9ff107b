#pragma once
// One layer of a chain as linear equations for its input.

#include "inversion/closed_form/r_gap.h"

namespace palimpsest::inversion {

using Vector = std::vector<double>;

/// A layer with its tensors: [O, K] of a fully connected layer, the filter's layout of a
/// convolution.
struct LayerTensors {
  const ChainLayer* layer = nullptr;
  Vector weight, bias;                    ///< bias: [O], zeros when there is none
  Vector weight_gradient, bias_gradient;  ///< dL/dW; dL/db or empty
  double roundoff = 0;                    ///< of the update's numbers
};

/// What the layer's activation tells of z from its output: z = inverse(y) where it is known.
struct Undone {
  Vector z, slope;          ///< slope: dy/dz
  std::vector<bool> known;  ///< false: behind a ReLU that was off, or out of the activation's range
};
Undone undone(const ChainLayer& layer, const Vector& output);

/// W^T d: the derivative of the loss with respect to the layer's input.
Vector pulled_back(const LayerTensors& tensors, const Vector& d);

/// The input that fits z (where known) and the gradients best, the shortest of equally good ones.
/// Throws ResourceError beyond most_unknowns for convolutions, NumericError when d is zero.
struct SolvedInput {
  Vector x;
  LayerSolution solution;
};
SolvedInput solved_input(const LayerTensors& tensors, const Undone& output, const Vector& d);

}  // namespace palimpsest::inversion
