#include <cmath>
#include <limits>

#include "inversion/attack_label.h"
#include "inversion/pixels.h"
#include "inversion/search.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::inversion {
namespace {

// Inputs: four states per variable (value, two moments, kept value), the kept total, the three
// numbers of a step, the parameters. Outputs: the states again, which feed back, and the terms.
constexpr std::size_t states_per_variable = 4;

struct Layout {
  std::size_t variables;
  std::size_t best_total() const { return states_per_variable * variables; }
  std::size_t states() const { return best_total() + 1; }
  std::size_t size() const { return states(); }
  std::size_t scale() const { return states() + 1; }
  std::size_t softness() const { return states() + 2; }
  std::size_t terms() const { return states(); }  // among the outputs
};

/// The state inputs, then the numbers of a step.
void add_inputs(const std::vector<TensorType>& types, Function& function) {
  Graph& graph = *function.graph;
  for (const TensorType& type : types)
    for (std::size_t k = 0; k < states_per_variable; ++k)
      function.inputs.push_back(graph.input(type));
  function.inputs.push_back(graph.input({DType::f64, {}}, "best total"));
  for (const char* name : {"step size", "step scale", "softness"})
    function.inputs.push_back(graph.input({types[0].dtype, {}}, name));
}

Value boxed(const Problem& problem, Value images) {
  const PixelRange range = pixel_range(problem);
  Graph& graph = images.graph();
  return minimum(maximum(images, graph.constant(range.low)), graph.constant(range.high));
}

/// One step of every variable. The sign and the box are for images, not for target logits.
void add_outputs(const SearchRequest& request, const Layout& layout, const Objective& objective,
                 Function& function) {
  const LabelScope label = attack_part(*function.graph, "optimiser");
  const std::vector<Value> in = function.inputs;
  // A candidate that left the finite numbers is never kept.
  const Value best = in[layout.best_total()];
  const Value bar = request.spec.keep == Keep::best
                        ? best
                        : full_like(best, std::numeric_limits<double>::infinity());
  const Value kept = less(objective.total, bar);
  for (std::size_t k = 0; k < layout.variables; ++k) {
    const Value* state = &in[states_per_variable * k];
    const bool is_image = k == 0;
    const Value gradient =
        is_image ? optimizers::shaped(objective.gradient[k], request.spec.gradient_shape,
                                      cast(in[layout.softness()], state[0].dtype()))
                 : objective.gradient[k];
    const optimizers::AdamResult moved =
        optimizers::adam(state[0], gradient, {state[1], state[2]},
                         {in[layout.size()], in[layout.scale()]}, request.spec.adam);
    const bool clip = is_image && request.spec.box == Box::clip;
    function.outputs.push_back(clip ? boxed(request.problem, moved.variable) : moved.variable);
    function.outputs.push_back(moved.state.first);
    function.outputs.push_back(moved.state.second);
    function.outputs.push_back(select(kept, state[0], state[3]));
  }
  function.outputs.push_back(select(kept, objective.total, best));
  for (const Value term :
       {objective.total, objective.matching, objective.total_variation, objective.image_norm})
    function.outputs.push_back(term);
}

LanedProgram adam_program(const SearchRequest& request, const Layout& layout) {
  Function function;
  const std::vector<TensorType> types = variable_types(request);
  add_inputs(types, function);
  std::vector<Value> variables;
  for (std::size_t k = 0; k < types.size(); ++k)
    variables.push_back(function.inputs[states_per_variable * k]);
  const Objective objective = search_objective(request, function, variables);
  add_outputs(request, layout, objective, function);
  std::vector<std::pair<std::size_t, std::size_t>> feedback;
  for (std::size_t i = 0; i < layout.states(); ++i) feedback.emplace_back(i, i);
  return compiled(request, function, objective.loss, std::move(feedback));
}

class AdamSearch final : public Search {
 public:
  explicit AdamSearch(const SearchRequest& request)
      : layout_{variable_types(request).size()},
        settings_(request.spec.adam),
        first_lane_(request.first_lane),
        program_(adam_program(request, layout_)) {}

  std::size_t lanes() const override { return program_.lanes(); }

  void start(std::size_t lane, const std::vector<Literal>& variables) override {
    for (std::size_t k = 0; k < layout_.variables; ++k) {
      const std::size_t at = states_per_variable * k;
      const Literal zeros = Literal::filled(variables[k].type(), 0);
      program_.set(lane, at, variables[k]);
      program_.set(lane, at + 1, zeros);
      program_.set(lane, at + 2, zeros);
      program_.set(lane, at + 3, variables[k]);
    }
    program_.set(lane, layout_.best_total(), std::numeric_limits<double>::infinity());
  }

  std::vector<StepResult> step(std::span<const std::optional<StepNumbers>> numbers) override {
    // A lane at rest moves by nothing: the step that its numbers are of has rate 0.
    for (std::size_t lane = 0; lane < numbers.size(); ++lane)
      set_numbers(lane, numbers[lane].value_or(StepNumbers{}));
    std::vector<StepResult> results(numbers.size());
    try {
      program_.run();
    } catch (const NumericError& error) {
      for (StepResult& result : results) result.failure = error.what();
      return results;
    }
    for (std::size_t lane = 0; lane < numbers.size(); ++lane)
      if (numbers[lane]) results[lane] = result_of(lane, numbers[lane]->step);
    return results;
  }

  double best_total(std::size_t lane) override {
    return program_.input_as<double>(lane, layout_.best_total()).front();
  }

  BestCandidate best(std::size_t lane) override {
    BestCandidate best{best_total(lane), {}};
    for (std::size_t k = 0; k < layout_.variables; ++k)
      best.variables.push_back(program_.input_literal(lane, states_per_variable * k + 3));
    return best;
  }

  std::vector<NamedTensor> state() override {
    std::vector<NamedTensor> state;
    for (std::size_t lane = 0; lane < program_.lanes(); ++lane)
      for (std::size_t i = 0; i < layout_.states(); ++i)
        state.emplace_back(lane_name(first_lane_ + lane, text("adam.", i)),
                           program_.input_literal(lane, i));
    return state;
  }

  void restore(const std::vector<NamedTensor>& state) override {
    for (std::size_t lane = 0; lane < program_.lanes(); ++lane)
      for (std::size_t i = 0; i < layout_.states(); ++i)
        program_.set(
            lane, i,
            stored(state, lane_name(first_lane_ + lane, text("adam.", i)), program_.input_type(i)));
  }

  const runtime::MemoryReport& memory() const override { return program_.program().memory(); }
  runtime::Program& program() override { return program_.program(); }

 private:
  void set_numbers(std::size_t lane, const StepNumbers& numbers) {
    const auto adam = optimizers::adam_numbers(settings_, numbers.rate, numbers.step);
    program_.set(lane, layout_.size(), adam.size);
    program_.set(lane, layout_.scale(), adam.scale);
    program_.set(lane, layout_.softness(), numbers.softness);
  }

  StepResult result_of(std::size_t lane, std::int64_t step) const {
    const auto term = [&](std::size_t k) { return program_.number(lane, layout_.terms() + k); };
    StepResult result{{term(0), term(1), term(2), term(3)}};
    if (!std::isfinite(result.terms.total))
      result.failure = text("the objective is ", result.terms.total, " at step ", step);
    return result;
  }

  // States live in the inputs between runs: outputs feed back into them.
  Layout layout_;
  optimizers::AdamSettings settings_;
  std::size_t first_lane_;
  LanedProgram program_;
};

}  // namespace

std::unique_ptr<Search> adam_search(const SearchRequest& request) {
  return std::make_unique<AdamSearch>(request);
}

}  // namespace palimpsest::inversion
