#pragma once
// Recursive gradient attack (R-GAP; Zhu and Blaschko 2021): the private example of a chain of
// layers, without any search, layer by layer from the last to the first. With x the layer's input,
// z = W x + b and d = dL/dz, each layer gives linear equations for x:
//   weights:   W x = z - b, where the activation behind the layer can be undone to give z
//   gradients: dL/dW as a linear function of x (for a fully connected layer dL/dW = d x^T)
// which are solved by least squares; then d of the layer before follows by the chain rule.

#include "inversion/closed_form/chain.h"
#include "inversion/problem.h"

namespace palimpsest::inversion {

/// How well one layer's equations determined its input.
struct LayerSolution {
  std::string node;
  std::int64_t unknowns = 0;
  std::int64_t equations = 0;  ///< of weights and gradients together
  std::int64_t rank = 0;       ///< below `unknowns`: the least of many inputs was taken
  double residual = 0;         ///< |A x - y| / |y| of the equations
};

struct ChainSolution {
  Literal example;                    ///< [1, ...], in the units of the model's input
  std::vector<LayerSolution> layers;  ///< from the last to the first
  std::int64_t starts = 1;            ///< inputs of the last layer that its gradient allowed
  /// Every layer has full rank and a residual below a hundredth: the example explains the update.
  bool consistent() const;
};

/// Unknowns of one layer beyond which the dense equations are not attempted.
inline constexpr std::int64_t most_unknowns = 4096;

/// Throws UnsupportedError, with the reason, for models that are no chain, updates of more than one
/// example or local step, clients with Adam, squared errors without a bias in the last layer;
/// InputError when the update lacks a layer's tensor; ResourceError beyond most_unknowns;
/// NumericError when the gradient of the last layer vanishes or fits no input.
///
/// The last layer: with a bias d = db and x = dW^T d / |d|^2. Without, dW = u v^T fixes x = s v and
/// d = u / s up to s, which must fulfil d = softmax(W x) - y (or the sigmoid's form); where several
/// s do, the one is taken whose further layers have the least residual.
ChainSolution solve_chain(const Problem& problem);

}  // namespace palimpsest::inversion
