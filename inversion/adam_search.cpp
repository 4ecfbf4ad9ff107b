#include <cmath>
#include <limits>

#include "inversion/adam_program.h"
#include "inversion/variables.h"

namespace palimpsest::inversion {
namespace {

/// Draws of different restarts are apart for any number of steps that a run can have.
std::int64_t draw_of(const StepNumbers& numbers) {
  constexpr int bits_of_steps = 32;
  return (numbers.restart << bits_of_steps) + numbers.step;
}

// Between runs the states live in the program's inputs: outputs feed back into them.
class AdamSearch final : public Search {
 public:
  explicit AdamSearch(const SearchRequest& request)
      : layout_(request.spec, variables_of(request.problem, request.spec).size()),
        settings_(request.spec.adam),
        pixel_noise_(request.spec.pixel_noise),
        first_lane_(request.first_lane),
        program_(adam_program(request, layout_)),
        terms_(term_names(request.spec.objective).size()) {}

  std::size_t lanes() const override { return program_.lanes(); }

  void start(std::size_t lane, const std::vector<Literal>& variables) override {
    for (std::size_t k = 0; k < layout_.variables; ++k) {
      const std::size_t at = layout_.value(k);
      const Literal zeros = Literal::filled(variables[k].type(), 0);
      program_.set(lane, at, variables[k]);
      program_.set(lane, at + 1, zeros);
      program_.set(lane, at + 2, zeros);
      program_.set(lane, layout_.kept(k), variables[k]);
    }
    program_.set(lane, layout_.best_total(), std::numeric_limits<double>::infinity());
    if (layout_.consensus)
      program_.set(lane, *layout_.consensus,
                   Literal::filled(program_.input_type(*layout_.consensus), 0));
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

  Literal current(std::size_t lane) override {
    return program_.input_literal(lane, layout_.value(0));
  }

  void agree(std::size_t lane, const Literal& consensus) override {
    program_.set(lane, layout_.consensus.value(), consensus);
  }

  double best_total(std::size_t lane) override {
    return program_.input_as<double>(lane, layout_.best_total()).front();
  }

  BestCandidate best(std::size_t lane) override {
    BestCandidate best{best_total(lane), {}};
    for (std::size_t k = 0; k < layout_.variables; ++k)
      best.variables.push_back(program_.input_literal(lane, layout_.kept(k)));
    return best;
  }

  std::vector<NamedTensor> state() override {
    std::vector<NamedTensor> state;
    for (std::size_t lane = 0; lane < program_.lanes(); ++lane)
      for (const std::size_t i : saved())
        state.emplace_back(lane_name(first_lane_ + lane, text("adam.", i)),
                           program_.input_literal(lane, i));
    return state;
  }

  void restore(const std::vector<NamedTensor>& state) override {
    for (std::size_t lane = 0; lane < program_.lanes(); ++lane)
      for (const std::size_t i : saved())
        program_.set(
            lane, i,
            stored(state, lane_name(first_lane_ + lane, text("adam.", i)), program_.input_type(i)));
  }

  const runtime::MemoryReport& memory() const override { return program_.program().memory(); }
  runtime::Program& program() override { return program_.program(); }

 private:
  /// Positions of what a later step depends on.
  std::vector<std::size_t> saved() const {
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < layout_.states(); ++i) positions.push_back(i);
    if (layout_.consensus) positions.push_back(*layout_.consensus);
    return positions;
  }

  void set_numbers(std::size_t lane, const StepNumbers& numbers) {
    const auto adam = optimizers::adam_numbers(settings_, numbers.rate, numbers.step);
    program_.set(lane, layout_.size, adam.size);
    program_.set(lane, layout_.scale, adam.scale);
    program_.set(lane, layout_.softness, numbers.softness);
    if (layout_.weights_size)
      program_.set(lane, *layout_.weights_size,
                   optimizers::adam_numbers(settings_, numbers.weights_rate, numbers.step).size);
    if (layout_.noise) {
      program_.set(lane, *layout_.noise, numbers.rate * pixel_noise_);
      program_.set(lane, *layout_.draw, Literal::scalar(draw_of(numbers)));
    }
    if (layout_.group) program_.set(lane, *layout_.group, numbers.group_weight);
    if (layout_.rows && numbers.view) {
      program_.set(lane, *layout_.rows, numbers.view->rows);
      program_.set(lane, *layout_.columns, numbers.view->columns);
      program_.set(lane, *layout_.coarseness, numbers.view->coarseness);
    }
  }

  StepResult result_of(std::size_t lane, std::int64_t step) const {
    StepResult result{terms_of(program_, lane, layout_.total(), terms_)};
    if (!std::isfinite(result.terms.total))
      result.failure = text("the objective is ", result.terms.total, " at step ", step);
    return result;
  }

  AdamLayout layout_;
  optimizers::AdamSettings settings_;
  double pixel_noise_;
  std::size_t first_lane_;
  LanedProgram program_;
  std::size_t terms_;
};

}  // namespace

std::unique_ptr<Search> adam_search(const SearchRequest& request) {
  return std::make_unique<AdamSearch>(request);
}

}  // namespace palimpsest::inversion
