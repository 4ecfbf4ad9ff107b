#include "inversion/audit/control.h"

#include <cmath>

#include "ops/source/source.h"

namespace palimpsest::inversion {
namespace {

constexpr std::uint64_t stream = std::uint64_t{1} << 32;  // apart from those of defences

/// Normal numbers of a tensor's type and l2 norm.
Literal noise_like(const Literal& tensor, std::uint64_t seed, std::size_t index) {
  const Random options{{DType::f64, tensor.shape()}, Distribution::normal, seed, stream + index};
  std::vector<double> values = tensor.doubles();
  double wanted = 0, drawn = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    wanted += values[i] * values[i];
    values[i] = random_element(options, 0, i);
    drawn += values[i] * values[i];
  }
  if (wanted == 0 || drawn == 0) return tensor;
  const double factor = std::sqrt(wanted / drawn);
  for (double& value : values) value *= factor;
  return Literal::of(tensor.shape(), values).converted(tensor.dtype());
}

}  // namespace

std::string_view name_of(Control control) {
  switch (control) {
    case Control::prior:
      return "prior only";
    case Control::statistics:
      return "statistics only";
    case Control::label:
      return "label only";
    case Control::random_update:
      return "random update";
  }
  return "?";
}

std::vector<Control> controls_of(const Model& model, const LossSpec& loss,
                                 const AttackSpec& recipe) {
  std::vector<Control> controls;
  if (!term_names(control_spec(recipe, Control::prior).objective).empty())
    controls.push_back(Control::prior);
  if (!model.batch_norms.empty()) controls.push_back(Control::statistics);
  if (loss.kind == LossKind::cross_entropy) controls.push_back(Control::label);
  controls.push_back(Control::random_update);
  return controls;
}

AttackSpec control_spec(AttackSpec recipe, Control control) {
  ObjectiveSpec& objective = recipe.objective;
  recipe.labels = LabelSource::given;
  objective.statistics_source = StatisticsSource::running;
  if (control != Control::random_update) objective.matching = 0;
  if (control == Control::statistics) {
    objective.classification = 0;
    if (objective.statistics == 0) objective.statistics = 1;
  }
  if (control == Control::label) {
    objective.statistics = 0;
    if (objective.classification == 0) objective.classification = 1;
  }
  return recipe;
}

Observed random_update(const Observed& observed, std::uint64_t seed) {
  Observed random{observed.kind, {}};
  for (std::size_t k = 0; k < observed.tensors.size(); ++k) {
    std::optional<Literal>& tensor = random.tensors.emplace_back();
    if (observed.tensors[k]) tensor = noise_like(*observed.tensors[k], seed, k);
  }
  return random;
}

}  // namespace palimpsest::inversion
