#include "inversion/search.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "autodiff/vmap.h"
#include "inversion/surrogate.h"
#include "inversion/variables.h"
#include "passes/bind.h"
#include "passes/narrow_products.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {

Literal Search::current(std::size_t) { throw std::logic_error("search: it has no group"); }
void Search::agree(std::size_t, const Literal&) {
  throw std::logic_error("search: it has no group");
}

Candidate search_candidate(const SearchRequest& request, Graph& graph, Operands variables) {
  const Value targets = request.targets ? graph.constant(*request.targets) : Value{};
  return candidate_of(request.problem, request.spec, variables, targets);
}

Objective search_objective(const SearchRequest& request, Function& function,
                           const Candidate& candidate) {
  const Problem& problem = request.problem;
  std::vector<Value> parameters;
  for (const Parameter& parameter : problem.model->parameters)
    parameters.push_back(function.graph->input(parameter.initial.type(), parameter.name));
  function.inputs.insert(function.inputs.end(), parameters.begin(), parameters.end());
  if (candidate.surrogate) parameters = surrogate_weights(problem, parameters, candidate.surrogate);
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
  Function bound = request.spec.precision == Precision::mixed && loss
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

LanedProgram objective_program(const SearchRequest& request, WithGradient gradient) {
  Function function;
  std::vector<Value> variables;
  for (const Variable& variable : variables_of(request.problem, request.spec))
    variables.push_back(function.graph->input(variable.type));
  function.inputs = variables;
  const Candidate candidate = search_candidate(request, *function.graph, variables);
  const Objective objective = search_objective(request, function, candidate);
  function.outputs = {objective.total};
  for (const Term& term : objective.terms) function.outputs.push_back(term.value);
  if (gradient == WithGradient::yes)
    function.outputs.insert(function.outputs.end(), objective.gradient.begin(),
                            objective.gradient.end());
  return compiled(request, function, objective.loss, {});
}

Terms terms_of(const LanedProgram& program, std::size_t lane, std::size_t total,
               std::size_t terms) {
  Terms result{program.number(lane, total)};
  for (std::size_t k = 0; k < terms; ++k)
    result.parts.push_back(program.number(lane, total + 1 + k));
  return result;
}

void refuse_settings_of_adam(const AttackSpec& spec, std::string_view optimizer) {
  const auto refuse = [&](bool is_set, std::string_view setting) {
    if (is_set)
      throw InputError(text("attack: ", setting, " needs the optimiser adam, not ", optimizer));
  };
  refuse(spec.box != Box::none, "the box");
  refuse(spec.keep != Keep::best, "keep = last");
  refuse(spec.gradient_shape != optimizers::GradientShape::raw, "a signed gradient");
  refuse(spec.pixel_noise != 0, "pixel noise");
  refuse(!spec.view.is_plain(), "a view");
  refuse(spec.group.form != GroupForm::none, "a group of seeds");
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
