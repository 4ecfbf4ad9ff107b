#include <algorithm>
#include <limits>

#include "inversion/search.h"
#include "inversion/variables.h"

namespace palimpsest::inversion {
namespace {

/// Each lane has an optimiser of its own. They share their evaluations: a run of the program
/// evaluates every lane, and each optimiser that still wants one in this step takes its own.
template <class T>
class LbfgsSearch final : public Search {
 public:
  explicit LbfgsSearch(const SearchRequest& request)
      : settings_(request.spec.lbfgs),
        first_lane_(request.first_lane),
        variables_(variables_of(request.problem, request.spec).size()),
        terms_(term_names(request.spec.objective).size()),
        program_(objective_program(request, WithGradient::yes)),
        optimizers_(program_.lanes(), optimizers::Lbfgs<T>(settings_)),
        best_(program_.lanes()) {}

  std::size_t lanes() const override { return program_.lanes(); }

  void start(std::size_t lane, const std::vector<Literal>& variables) override {
    optimizers_[lane] = optimizers::Lbfgs<T>(settings_);
    for (std::size_t k = 0; k < variables_; ++k) program_.set(lane, k, variables[k]);
    best_[lane] = {std::numeric_limits<double>::infinity(), variables};
  }

  std::vector<StepResult> step(std::span<const std::optional<StepNumbers>> numbers) override {
    std::vector<StepResult> results(numbers.size());
    std::vector<bool> wanted(numbers.size());
    for (std::size_t lane = 0; lane < numbers.size(); ++lane) {
      wanted[lane] = numbers[lane].has_value();
      optimizers_[lane].begin();
    }
    for (bool first = true; std::ranges::find(wanted, true) != wanted.end(); first = false) {
      const std::string refusal = run();
      for (std::size_t lane = 0; lane < numbers.size(); ++lane) {
        if (!wanted[lane]) continue;
        if (first) results[lane].terms = terms_of(program_, lane, 0, terms_);
        wanted[lane] = refusal.empty() && advance(lane, results[lane].failure);
        if (!refusal.empty()) results[lane].failure = refusal;
      }
    }
    return results;
  }

  BestCandidate best(std::size_t lane) override { return best_[lane]; }
  double best_total(std::size_t lane) override { return best_[lane].total; }

  std::vector<NamedTensor> state() override {
    std::vector<NamedTensor> state;
    for (std::size_t lane = 0; lane < program_.lanes(); ++lane) {
      const auto add = [&](const std::string& name, Literal literal) {
        state.emplace_back(lane_name(first_lane_ + lane, name), std::move(literal));
      };
      for (auto& [name, literal] : optimizers_[lane].state()) add(name, std::move(literal));
      add("best_total", Literal::scalar(best_[lane].total));
      for (std::size_t k = 0; k < variables_; ++k) {
        add(text("variable.", k), program_.input_literal(lane, k));
        add(text("best_variable.", k), best_[lane].variables[k]);
      }
    }
    return state;
  }

  void restore(const std::vector<NamedTensor>& state) override {
    for (std::size_t lane = 0; lane < program_.lanes(); ++lane) restore_lane(lane, state);
  }

  const runtime::MemoryReport& memory() const override { return program_.program().memory(); }
  runtime::Program& program() override { return program_.program(); }

 private:
  /// Why the program refused its data; empty when it did not.
  std::string run() {
    try {
      program_.run();
    } catch (const NumericError& error) {
      return error.what();
    }
    return {};
  }

  /// Hands the lane's evaluation to its optimiser; true when it wants another one.
  bool advance(std::size_t lane, std::string& failure) {
    optimizers::Evaluation<T> evaluation{program_.number(lane, 0), {}};
    std::vector<std::span<T>> variables;
    for (std::size_t k = 0; k < variables_; ++k) {
      variables.push_back(program_.template input_as<T>(lane, k));
      evaluation.gradient.push_back(program_.template output_as<T>(lane, 1 + terms_ + k));
    }
    keep_if_best(lane, evaluation.value);
    try {
      return optimizers_[lane].take(variables, evaluation);
    } catch (const NumericError& error) {
      failure = error.what();
      return false;
    }
  }

  void keep_if_best(std::size_t lane, double value) {
    BestCandidate& best = best_[lane];
    if (!(value < best.total)) return;
    best.total = value;
    for (std::size_t k = 0; k < variables_; ++k)
      best.variables[k] = program_.input_literal(lane, k);
  }

  void restore_lane(std::size_t lane, const std::vector<NamedTensor>& state) {
    const std::string prefix = lane_name(first_lane_ + lane, {});
    std::vector<NamedTensor> own;
    for (const auto& [name, literal] : state)
      if (name.starts_with(prefix)) own.emplace_back(name.substr(prefix.size()), literal);
    optimizers_[lane].restore(own);
    best_[lane] = {stored(own, "best_total", {DType::f64, {}}).doubles().front(), {}};
    for (std::size_t k = 0; k < variables_; ++k) {
      const TensorType& type = program_.input_type(k);
      program_.set(lane, k, stored(own, text("variable.", k), type));
      best_[lane].variables.push_back(stored(own, text("best_variable.", k), type));
    }
  }

  optimizers::LbfgsSettings settings_;
  std::size_t first_lane_;
  std::size_t variables_, terms_;
  LanedProgram program_;
  std::vector<optimizers::Lbfgs<T>> optimizers_;  // by lane
  std::vector<BestCandidate> best_;               // by lane
};

}  // namespace

std::unique_ptr<Search> lbfgs_search(const SearchRequest& request) {
  refuse_settings_of_adam(request.spec, "lbfgs");
  if (variables_of(request.problem, request.spec)[0].type.dtype == DType::f64)
    return std::make_unique<LbfgsSearch<double>>(request);
  return std::make_unique<LbfgsSearch<float>>(request);
}

}  // namespace palimpsest::inversion
