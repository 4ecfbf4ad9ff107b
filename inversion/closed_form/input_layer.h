#pragma once
// A fully connected layer that reads the data itself: z = W v + b, where v is the example in
// another order, perhaps scaled. Its gradients dW_k = d_k v, db_k = d_k show v.

#include <optional>
#include <string>
#include <vector>

#include "graph/model.h"
#include "runtime/kernel_table.h"

namespace palimpsest::inversion {

struct InputLayer {
  std::string node;                  ///< where it comes from in the model
  std::size_t weight = 0, bias = 0;  ///< positions in Model::parameters
  bool weight_is_output_by_input = true;
  std::int64_t units = 0, inputs = 0;
  /// Input k of the layer is scale[k] * x[place[k]] + offset[k] of one example x, row-major. Every
  /// element of x has one place.
  std::vector<std::int64_t> place;
  std::vector<double> scale, offset;
};

struct InputLayerSearch {
  std::optional<InputLayer> layer;
  std::string reason;  ///< why there is none
};

/// The first such layer with a bias. Between the data and the layer there may be reshapes,
/// permutations and elementwise arithmetic with constants. Throws UnsupportedError when the model
/// has not exactly one data input.
InputLayerSearch find_input_layer(const Model& model, const runtime::KernelTable& kernels);

/// A matrix of the layer's weight's layout as [units, inputs], row-major.
std::vector<double> by_unit(const InputLayer& layer, const Literal& weight);

/// The example that gives the layer these inputs, [1, ...] in the model's own units and dtype.
Literal example_of(const Model& model, const InputLayer& layer, std::span<const double> inputs);

}  // namespace palimpsest::inversion
