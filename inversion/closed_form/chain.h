#pragma once
// Models that are a chain: convolutions and fully connected layers one behind the other, with an
// invertible activation between them. What a layer put out determines what its activation read.

#include <optional>
#include <string>
#include <vector>

#include "graph/model.h"
#include "ops/conv/conv.h"

namespace palimpsest::inversion {

enum class ChainActivation { none, relu, leaky_relu, sigmoid, tanh };

struct ChainLayer {
  std::string node;                  ///< where it comes from in the model
  std::size_t weight = 0;            ///< position in Model::parameters
  std::optional<std::size_t> bias;   ///< likewise
  std::optional<ConvGeometry> conv;  ///< of one example, two spatial axes; absent: fully connected
  bool weight_is_output_by_input = true;               ///< of a fully connected layer
  std::int64_t inputs = 0, outputs = 0;                ///< elements of one example
  ChainActivation activation = ChainActivation::none;  ///< behind the layer
  double slope = 0;                                    ///< of a LeakyReLU, > 0
};

struct ChainSearch {
  std::vector<ChainLayer> layers;  ///< from the data to the logits; empty: the model is no chain
  std::string reason;              ///< why not, naming the node that does not belong
};

/// Looks from the logits back to the data. Flattening may come between layers, nothing else.
/// Throws UnsupportedError when the model has not exactly one data input.
ChainSearch find_chain(const Model& model);

}  // namespace palimpsest::inversion
