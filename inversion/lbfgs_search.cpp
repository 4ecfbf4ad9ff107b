#include <algorithm>
#include <limits>

#include "inversion/search.h"

namespace palimpsest::inversion {
namespace {

template <class T>
class LbfgsSearch final : public Search {
 public:
  explicit LbfgsSearch(const SearchRequest& request)
      : settings_(request.spec.lbfgs),
        optimizer_(settings_),
        count_(variable_types(request).size()),
        program_(objective_program(request)) {}

  void start(const std::vector<Literal>& variables) override {
    optimizer_ = optimizers::Lbfgs<T>(settings_);
    for (std::size_t k = 0; k < count_; ++k) program_.set(k, variables[k]);
    best_ = {std::numeric_limits<double>::infinity(), variables};
  }

  Terms step(const StepNumbers&) override {
    bool first = true;
    Terms at_start;
    std::vector<std::span<T>> variables;
    for (std::size_t k = 0; k < count_; ++k) variables.push_back(program_.template input_as<T>(k));
    optimizer_.step(variables, [&] {
      optimizers::Evaluation<T> evaluation = evaluate();
      if (std::exchange(first, false)) at_start = {term(0), term(1), term(2), term(3)};
      return evaluation;
    });
    return at_start;
  }

  BestCandidate best() override { return best_; }
  double best_total() override { return best_.total; }

  std::vector<NamedTensor> state() override {
    std::vector<NamedTensor> state = optimizer_.state();
    state.emplace_back("best_total", Literal::scalar(best_.total));
    for (std::size_t k = 0; k < count_; ++k) {
      state.emplace_back(text("variable.", k), variable(k));
      state.emplace_back(text("best_variable.", k), best_.variables[k]);
    }
    return state;
  }

  void restore(const std::vector<NamedTensor>& state) override {
    optimizer_.restore(state);
    best_.total = stored(state, "best_total", {DType::f64, {}}).doubles().front();
    best_.variables.clear();
    for (std::size_t k = 0; k < count_; ++k) {
      const TensorType& type = program_.input_type(k);
      program_.set(k, stored(state, text("variable.", k), type));
      best_.variables.push_back(stored(state, text("best_variable.", k), type));
    }
  }

  runtime::Program& program() override { return program_; }

 private:
  double term(std::size_t k) const { return program_.template output_as<double>(k).front(); }
  Literal variable(std::size_t k) {
    return Literal::copy_of(program_.input_type(k), program_.input(k).data());
  }

  optimizers::Evaluation<T> evaluate() {
    program_.run();
    optimizers::Evaluation<T> evaluation{term(0), {}};
    for (std::size_t k = 0; k < count_; ++k)
      evaluation.gradient.push_back(program_.template output_as<T>(objective_terms + k));
    if (evaluation.value < best_.total) {
      best_.total = evaluation.value;
      for (std::size_t k = 0; k < count_; ++k) best_.variables[k] = variable(k);
    }
    return evaluation;
  }

  optimizers::LbfgsSettings settings_;
  optimizers::Lbfgs<T> optimizer_;
  std::size_t count_;
  runtime::Program program_;
  BestCandidate best_;
};

}  // namespace

std::unique_ptr<Search> lbfgs_search(const SearchRequest& request) {
  if (request.spec.box != Box::none || request.spec.keep != Keep::best ||
      request.spec.gradient_shape != optimizers::GradientShape::raw)
    throw InputError(
        "attack: the box, signed gradients and keep = last need the optimiser adam, not lbfgs");
  if (variable_types(request)[0].dtype == DType::f64)
    return std::make_unique<LbfgsSearch<double>>(request);
  return std::make_unique<LbfgsSearch<float>>(request);
}

}  // namespace palimpsest::inversion
