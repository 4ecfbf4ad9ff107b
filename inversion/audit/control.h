#pragma once
// Controls of an audit: what the same attack finds without the update. A picture that a control
// finds as well was not given away by the update.

#include <string_view>
#include <vector>

#include "inversion/attack.h"
#include "inversion/problem.h"

namespace palimpsest::inversion {

enum class Control {
  prior,         ///< the recipe without the update: its priors and its start alone
  statistics,    ///< the running statistics of BatchNormalization, which lie in the model
  label,         ///< the classification loss of the true labels
  random_update  ///< the recipe on random numbers of the update's norms, tensor by tensor
};
std::string_view name_of(Control control);

/// Those that model, loss and recipe allow: statistics need BatchNormalization, labels a loss on
/// classes, and a recipe without priors has nothing to search by without the update.
std::vector<Control> controls_of(const Model& model, const LossSpec& loss,
                                 const AttackSpec& recipe);

/// The recipe as the control runs it. Every control is given the true labels, so what a label
/// alone leads to never counts as given away by the update; and none sees statistics that came
/// with the update, but those of the model.
AttackSpec control_spec(AttackSpec recipe, Control control);

/// Normal numbers with the l2 norm of each observed tensor; the same for the same seed.
Observed random_update(const Observed& observed, std::uint64_t seed);

}  // namespace palimpsest::inversion
