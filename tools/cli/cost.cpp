#include "tools/cli/cost.h"

#include "inversion/session.h"
#include "inversion/step_costs.h"
#include "ops/cpu_kernels.h"

namespace palimpsest::tools {
namespace {

/// An update of the right shapes: small numbers that are not all equal.
inversion::Observed made_up_update(const Model& model) {
  inversion::Observed observed;
  for (const Parameter& parameter : model.parameters) {
    const TensorType& type = parameter.initial.type();
    std::vector<double> values(static_cast<std::size_t>(type.shape.elements()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1e-3 * static_cast<double>(i % 7);
    observed.tensors.push_back(Literal::of(type.shape, values).converted(type.dtype));
  }
  return observed;
}

}  // namespace

IterationCost iteration_cost(const Model& model, int threads) {
  if (model.data.size() != 1)
    throw UnsupportedError(text("one data input expected, the model has ", model.data.size()));
  inversion::Problem problem;
  problem.model = &model;
  problem.observed = made_up_update(model);
  problem.examples = inversion::batch_size(model);
  const TensorType targets = inversion::targets_type(model, problem.loss, problem.examples);
  problem.targets = Literal::filled(targets, 1.0 / static_cast<double>(targets.shape[1]));
  inversion::AttackSpec spec = inversion::inverting_gradients();
  spec.labels = inversion::LabelSource::given;
  const runtime::KernelTable kernels = all_cpu_kernels();
  const inversion::Session session(problem, spec, {&kernels, threads, 0});
  IterationCost cost{session.memory(), session.steps().size(), 0};
  for (const inversion::StepCost& step : inversion::step_costs(session.steps()))
    if (step.product) ++cost.products;
  return cost;
}

}  // namespace palimpsest::tools
