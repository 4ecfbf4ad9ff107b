#include "inversion/adam_program.h"

#include <limits>

#include "inversion/attack_label.h"
#include "inversion/pixels.h"
#include "inversion/variables.h"
#include "ops/pointwise/binary.h"
#include "ops/source/source.h"

namespace palimpsest::inversion {
namespace {

constexpr std::uint64_t noise_stream = 0x6e6f697365;  // apart from the streams of first candidates

/// Adds the inputs of the layout, in its order.
void add_inputs(const SearchRequest& request, const AdamLayout& layout, Function& function) {
  Graph& graph = *function.graph;
  const auto add = [&](const TensorType& type, const char* name) {
    function.inputs.push_back(graph.input(type, name));
  };
  const std::vector<Variable> variables = variables_of(request.problem, request.spec);
  for (const Variable& variable : variables)
    for (std::size_t k = 0; k < AdamLayout::states_per_variable; ++k) add(variable.type, "");
  add({DType::f64, {}}, "best total");
  const TensorType number{variables[0].type.dtype, {}};
  for (const char* name : {"step size", "step scale", "softness"}) add(number, name);
  if (layout.weights_size) add(number, "step size of weights");
  if (layout.noise) {
    add(number, "noise");
    add({DType::i64, {}}, "draw");
  }
  if (layout.consensus) {
    add(images_type(*request.problem.model, request.problem.examples), "consensus");
    add(number, "group weight");
  }
  if (layout.rows) {
    const ViewTypes types = view_types(request.problem);
    add(types.rows, "rows");
    add(types.columns, "columns");
    add(number, "coarseness");
  }
}

/// The variables' candidate in the surroundings that a step is told of.
Candidate candidate(const SearchRequest& request, const AdamLayout& layout, Function& function) {
  const std::vector<Value>& in = function.inputs;
  std::vector<Value> variables;
  for (std::size_t k = 0; k < layout.variables; ++k) variables.push_back(in[layout.value(k)]);
  Candidate made = search_candidate(request, *function.graph, variables);
  if (layout.consensus) {
    made.consensus = in[*layout.consensus];
    made.group_weight = in[*layout.group];
  }
  if (layout.rows)
    made.shown = shown(request.problem, request.spec.view, made.images, in[*layout.rows],
                       in[*layout.columns], in[*layout.coarseness]);
  return made;
}

Value boxed(const Problem& problem, Value images) {
  const PixelRange range = pixel_range(problem);
  Graph& graph = images.graph();
  return minimum(maximum(images, graph.constant(range.low)), graph.constant(range.high));
}

/// What is neither the images' nor the latent's has a rate of its own.
Value step_size(const AttackSpec& spec, const AdamLayout& layout, Unknown kind, Operands in) {
  if (kind == Unknown::generator_weight) return in[layout.weights_size.value()];
  if (kind == Unknown::surrogate_share) return in[layout.size] * (spec.surrogate.rate / spec.rate);
  return in[layout.size];
}

/// One step of a variable. The sign, the noise and the box are for images alone.
optimizers::AdamResult moved(const SearchRequest& request, const AdamLayout& layout,
                             std::size_t variable, Unknown kind, Value gradient, Operands in) {
  const AttackSpec& spec = request.spec;
  const Value* state = &in[layout.value(variable)];
  const bool is_image = kind == Unknown::images;
  if (is_image)
    gradient = optimizers::shaped(gradient, spec.gradient_shape,
                                  cast(in[layout.softness], state[0].dtype()));
  optimizers::AdamResult result =
      optimizers::adam(state[0], gradient, {state[1], state[2]},
                       {step_size(spec, layout, kind, in), in[layout.scale]}, spec.adam);
  if (!is_image) return result;
  Value& images = result.variable;
  if (layout.noise)
    images = images + random(in[*layout.draw],
                             {images.type(), Distribution::normal, spec.seed, noise_stream}) *
                          in[*layout.noise];
  if (spec.box == Box::clip) images = boxed(request.problem, images);
  return result;
}

void add_outputs(const SearchRequest& request, const AdamLayout& layout, const Objective& objective,
                 Function& function) {
  const LabelScope label = attack_part(*function.graph, "optimiser");
  const std::vector<Value> in = function.inputs;
  const std::vector<Variable> variables = variables_of(request.problem, request.spec);
  // A candidate that left the finite numbers is never kept.
  const Value best = in[layout.best_total()];
  const Value bar = request.spec.keep == Keep::best
                        ? best
                        : full_like(best, std::numeric_limits<double>::infinity());
  const Value kept = less(objective.total, bar);
  for (std::size_t k = 0; k < layout.variables; ++k) {
    const optimizers::AdamResult next =
        moved(request, layout, k, variables[k].what, objective.gradient[k], in);
    function.outputs.push_back(next.variable);
    function.outputs.push_back(next.state.first);
    function.outputs.push_back(next.state.second);
    function.outputs.push_back(select(kept, in[layout.value(k)], in[layout.kept(k)]));
  }
  function.outputs.push_back(select(kept, objective.total, best));
  function.outputs.push_back(objective.total);
  for (const Term& term : objective.terms) function.outputs.push_back(term.value);
}

}  // namespace

AdamLayout::AdamLayout(const AttackSpec& spec, std::size_t count) : variables(count) {
  std::size_t next = states();
  size = next++;
  scale = next++;
  softness = next++;
  if (spec.space == Space::latent_then_weights) weights_size = next++;
  if (spec.pixel_noise != 0) {
    noise = next++;
    draw = next++;
  }
  if (spec.group.form != GroupForm::none) {
    consensus = next++;
    group = next++;
  }
  if (!spec.view.is_plain()) {
    rows = next++;
    columns = next++;
    coarseness = next++;
  }
  inputs = next;
}

LanedProgram adam_program(const SearchRequest& request, const AdamLayout& layout) {
  Function function;
  add_inputs(request, layout, function);
  const Candidate made = candidate(request, layout, function);
  const Objective objective = search_objective(request, function, made);
  add_outputs(request, layout, objective, function);
  std::vector<std::pair<std::size_t, std::size_t>> feedback;
  for (std::size_t i = 0; i < layout.states(); ++i) feedback.emplace_back(i, i);
  return compiled(request, function, objective.loss, std::move(feedback));
}

}  // namespace palimpsest::inversion
