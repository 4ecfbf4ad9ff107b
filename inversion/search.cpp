#include "inversion/search.h"

#include <algorithm>

#include "inversion/start.h"
#include "passes/bind.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {
std::vector<TensorType> variable_types(const SearchRequest& request) {
  const Problem& problem = request.problem;
  std::vector<TensorType> types{images_type(*problem.model, problem.examples)};
  if (!request.targets)
    types.push_back(targets_type(*problem.model, problem.loss, problem.examples));
  return types;
}

Objective search_objective(const SearchRequest& request, Function& function, Operands variables) {
  const Problem& problem = request.problem;
  Graph& graph = *function.graph;
  std::vector<Value> parameters;
  for (const Parameter& parameter : problem.model->parameters)
    parameters.push_back(graph.input(parameter.initial.type(), parameter.name));
  function.inputs.insert(function.inputs.end(), parameters.begin(), parameters.end());

  Candidate candidate{variables[0], {}, {}};
  if (request.targets) {
    candidate.targets = graph.constant(*request.targets);
  } else {
    candidate.target_logits = variables[1];
    candidate.targets = searched_targets(problem.loss, variables[1]);
  }
  return objective(problem, request.spec.objective, candidate, parameters);
}

runtime::Program compiled(const SearchRequest& request, const Function& function,
                          std::vector<std::pair<std::size_t, std::size_t>> feedback) {
  const std::vector<Parameter>& parameters = request.problem.model->parameters;
  const std::size_t first = function.inputs.size() - parameters.size();
  std::vector<std::pair<std::size_t, Literal>> weights;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    weights.emplace_back(first + i, parameters[i].initial);
  passes::PassLog log;
  const runtime::KernelTable& kernels = *request.resources.kernels;
  const Function optimized =
      passes::optimize(passes::bind(function, weights), runtime::evaluator(kernels), log);
  return runtime::compile(
      optimized, kernels,
      {request.resources.threads, request.resources.max_memory, std::move(feedback)});
}

runtime::Program objective_program(const SearchRequest& request) {
  Function function;
  std::vector<Value> variables;
  for (const TensorType& type : variable_types(request))
    variables.push_back(function.graph->input(type));
  function.inputs = variables;
  const Objective objective = search_objective(request, function, variables);
  function.outputs = {objective.total, objective.matching, objective.total_variation,
                      objective.image_norm};
  function.outputs.insert(function.outputs.end(), objective.gradient.begin(),
                          objective.gradient.end());
  return compiled(request, function, {});
}

const Literal& stored(const std::vector<NamedTensor>& state, const std::string& name,
                      const TensorType& type) {
  const auto it = std::find_if(state.begin(), state.end(),
                               [&](const NamedTensor& entry) { return entry.first == name; });
  if (it != state.end() && it->second.type() == type) return it->second;
  throw InputError(text("saved state: '", name, "' of ", type, " expected, ",
                        it == state.end() ? text("nothing") : text(it->second.type()), " came"));
}

}  // namespace palimpsest::inversion
