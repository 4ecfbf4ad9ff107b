#include "inversion/search.h"

#include <algorithm>
#include <array>

#include "autodiff/vmap.h"
#include "inversion/start.h"
#include "passes/bind.h"
#include "passes/narrow_products.h"
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

namespace {

std::vector<TensorType> types_of(const std::vector<Value>& values) {
  std::vector<TensorType> types;
  for (const Value value : values) types.push_back(value.type());
  return types;
}

Function in_lanes(Function function, std::int64_t lanes) {
  if (lanes == 1) return function;
  return autodiff::vmap(function, lanes, std::vector<bool>(function.inputs.size(), true));
}

}  // namespace

LanedProgram compiled(const SearchRequest& request, const Function& function, Value loss,
                      std::vector<std::pair<std::size_t, std::size_t>> feedback) {
  const std::vector<Parameter>& parameters = request.problem.model->parameters;
  const std::size_t first = function.inputs.size() - parameters.size();
  std::vector<std::pair<std::size_t, Literal>> weights;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    weights.emplace_back(first + i, parameters[i].initial);
  passes::PassLog log;
  const runtime::KernelTable& kernels = *request.resources.kernels;
  Function bound = request.spec.precision == Precision::mixed
                       ? passes::bind(passes::narrow_products(function, std::array{loss}), weights)
                       : passes::bind(function, weights);
  std::vector<TensorType> inputs = types_of(bound.inputs), outputs = types_of(bound.outputs);
  const Function optimized =
      passes::optimize(in_lanes(std::move(bound), request.lanes), runtime::evaluator(kernels), log);
  const bool tuned = request.spec.kernels == KernelSelection::tuned;
  runtime::KernelChoices own(runtime::Measuring::allowed);
  runtime::KernelChoices* const given = request.resources.choices;
  return {runtime::compile(optimized, kernels,
                           {.threads = request.resources.threads,
                            .reproducible = request.resources.reproducible,
                            .choices = tuned ? (given ? given : &own) : nullptr,
                            .max_memory = request.resources.max_memory,
                            .feedback = std::move(feedback)}),
          request.lanes, std::move(inputs), std::move(outputs)};
}

LanedProgram objective_program(const SearchRequest& request) {
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
  return compiled(request, function, objective.loss, {});
}

const Literal& stored(const std::vector<NamedTensor>& state, const std::string& name,
                      const TensorType& type) {
  const auto it = std::find_if(state.begin(), state.end(),
                               [&](const NamedTensor& entry) { return entry.first == name; });
  if (it != state.end() && it->second.type() == type) return it->second;
  throw InputError(text("saved state: '", name, "' of ", type, " expected, ",
                        it == state.end() ? text("nothing") : text(it->second.type()), " came"));
}

std::string lane_name(std::size_t lane, std::string_view name) {
  return text("lane.", lane, '.', name);
}

}  // namespace palimpsest::inversion
