#pragma once
// Examples read from the gradient of the layer that the data enter, without any search:
//   v = dW_k / db_k                               where unit k saw one example alone,
//   v = (dW_k - dW_{k+1}) / (db_k - db_{k+1})     between the thresholds of an imprint layer.
// Exact up to rounding where the condition holds. Quotients do not feel what the client multiplied
// its update by, so deltas of plain SGD do as well as gradients.

#include "inversion/closed_form/imprint.h"
#include "inversion/problem.h"

namespace palimpsest::inversion {

/// Why an example is believed.
enum class Evidence {
  only_example,   ///< the update is of one example
  several_units,  ///< units show the same example; of a mixture each would show another
  bin,            ///< its answer lies between the thresholds it was read from
  every_layer,    ///< of a chain: it explains the gradients of all layers
  none            ///< a mixture of examples for all that is known
};
std::string_view name_of(Evidence evidence);

struct ReadExample {
  Literal example;  ///< [1, ...], in the units of the model's input
  Evidence evidence = Evidence::none;
  std::vector<std::int64_t>
      units;         ///< that show it, the one it was read from first; none of a chain
  double share = 0;  ///< |db| it was divided by, over the largest |db| of the layer
};

/// The layer's gradients, up to a common factor.
struct LayerGradient {
  std::vector<double> weight;  ///< [units, inputs]
  std::vector<double> bias;
  double rounding = 0;  ///< of entries, relative to the largest: what is below says nothing
};

/// Throws InputError when the update lacks the layer's weight or bias, UnsupportedError for deltas
/// that are no multiple of gradients (Adam; weight decay over several steps).
LayerGradient layer_gradient(const Problem& problem, const InputLayer& layer);

/// Examples that single units show: with one example behind the update that of the largest |db|;
/// else groups of units that agree, the largest group first, then single units by falling |db|.
std::vector<ReadExample> read_units(const Problem& problem, const InputLayer& layer);

/// Examples between the thresholds of an imprint, by rising answer. Bins whose difference does not
/// rise above rounding are empty and left out.
std::vector<ReadExample> read_imprint(const Problem& problem, const InputLayer& layer,
                                      const Imprint& imprint);

}  // namespace palimpsest::inversion
