#include "inversion/variables.h"

#include "inversion/generator.h"
#include "inversion/start.h"
#include "inversion/surrogate.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {

Problem attacked(const Problem& problem, const AttackSpec& spec) {
  return spec.surrogate.use ? surrogate_problem(problem) : problem;
}

std::vector<Variable> variables_of(const Problem& problem, const AttackSpec& spec) {
  std::vector<Variable> variables;
  if (spec.space == Space::pixels)
    variables.push_back({Unknown::images, images_type(*problem.model, problem.examples)});
  else
    variables.push_back({Unknown::latent, latent_type(problem)});
  if (spec.labels == LabelSource::joint)
    variables.push_back(
        {Unknown::target_logits, targets_type(*problem.model, problem.loss, problem.examples)});
  if (spec.space == Space::latent_then_weights)
    for (const Parameter& weight : problem.generator->parameters)
      variables.push_back({Unknown::generator_weight, weight.initial.type()});
  if (spec.surrogate.use) {
    const DType dtype = images_type(*problem.model, problem.examples).dtype;
    variables.push_back({Unknown::surrogate_share, {dtype, {}}});
  }
  return variables;
}

Candidate candidate_of(const Problem& problem, const AttackSpec& spec, Operands variables,
                       Value targets) {
  Candidate candidate;
  candidate.targets = targets;
  const std::vector<Variable> kinds = variables_of(problem, spec);
  for (std::size_t k = 0; k < kinds.size(); ++k) switch (kinds[k].what) {
      case Unknown::images:
        candidate.images = variables[k];
        break;
      case Unknown::latent:
        candidate.latent = variables[k];
        break;
      case Unknown::target_logits:
        candidate.target_logits = variables[k];
        candidate.targets = searched_targets(problem.loss, variables[k]);
        break;
      case Unknown::generator_weight:
        candidate.generator_weights.push_back(variables[k]);
        break;
      case Unknown::surrogate_share:
        candidate.surrogate = variables[k];
        break;
    }
  if (candidate.latent)
    candidate.images =
        generated_images(problem, candidate.latent, candidate.targets, candidate.generator_weights);
  return candidate;
}

Literal images_of_variables(const Problem& problem, const AttackSpec& spec,
                            const std::vector<Literal>& variables,
                            const std::optional<Literal>& targets,
                            const runtime::KernelTable& kernels) {
  if (spec.space == Space::pixels) return variables[0];
  Function function;
  for (const Literal& variable : variables)
    function.inputs.push_back(function.graph->input(variable.type()));
  const Value rows = targets ? function.graph->constant(*targets) : Value{};
  function.outputs = {candidate_of(problem, spec, function.inputs, rows).images};
  return runtime::evaluate(function, variables, kernels, 1).front();
}

}  // namespace palimpsest::inversion
