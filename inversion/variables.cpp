#include "inversion/variables.h"

#include "inversion/generator.h"
#include "inversion/start.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {

std::vector<Variable> variables_of(const Problem& problem, const AttackSpec& spec) {
  std::vector<Variable> variables;
  if (spec.space == Space::latent)
    variables.push_back({Unknown::latent, latent_type(problem)});
  else
    variables.push_back({Unknown::images, images_type(*problem.model, problem.examples)});
  if (spec.labels == LabelSource::joint)
    variables.push_back(
        {Unknown::target_logits, targets_type(*problem.model, problem.loss, problem.examples)});
  return variables;
}

Candidate candidate_of(const Problem& problem, const AttackSpec& spec, Operands variables,
                       Value targets) {
  Candidate candidate;
  candidate.targets = targets;
  if (spec.labels == LabelSource::joint) {
    candidate.target_logits = variables[1];
    candidate.targets = searched_targets(problem.loss, variables[1]);
  }
  candidate.images = variables[0];
  if (spec.space == Space::latent) {
    candidate.latent = variables[0];
    candidate.images = generated_images(problem, variables[0], candidate.targets);
  }
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
