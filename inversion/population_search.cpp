#include <algorithm>
#include <cmath>
#include <limits>

#include "inversion/sampler.h"
#include "inversion/search.h"
#include "inversion/variables.h"

namespace palimpsest::inversion {
namespace {

/// Candidates that one run of the program evaluates. They are more rows of the generator's and the
/// model's products; beyond some of them a processor gains nothing more.
constexpr std::int64_t most_at_once = 10;

/// As many candidates side by side as are asked for and fit into the memory.
LanedProgram evaluator(const SearchRequest& request, std::int64_t asked) {
  std::int64_t lanes = std::min(asked, most_at_once);
  while (true) {
    SearchRequest wanted = request;
    wanted.lanes = lanes;
    try {
      return objective_program(wanted, WithGradient::no);
    } catch (const ResourceError&) {
      if (lanes == 1) throw;
    }
    lanes = (lanes + 1) / 2;
  }
}

// One restart at a time. Its candidates are the lanes of the program.
class PopulationSearch final : public Search {
 public:
  explicit PopulationSearch(const SearchRequest& request)
      : spec_(request.spec),
        type_(latent_variable(request)),
        name_(lane_name(request.first_lane, {})),
        program_(evaluator(request, most_asked(spec_, type_.shape.elements()))),
        terms_(term_names(spec_.objective).size()) {}

  std::size_t lanes() const override { return 1; }

  void start(std::size_t, const std::vector<Literal>& variables) override {
    start_ = variables.front();
    restart_.reset();
    sampler_.reset();
  }

  std::vector<StepResult> step(std::span<const std::optional<StepNumbers>> numbers) override {
    if (!numbers.front()) return std::vector<StepResult>(1);
    if (!sampler_) begin(numbers.front()->restart);
    const optimizers::Points asked = sampler_->ask();
    StepResult result;
    std::vector<double> values;
    result.terms.total = std::numeric_limits<double>::infinity();
    try {
      for (Eigen::Index row = 0; row < asked.rows();
           row += static_cast<Eigen::Index>(program_.lanes()))
        evaluate(asked, row, values, result.terms);
      sampler_->tell(values);
    } catch (const NumericError& error) {
      result.failure = error.what();
    }
    result.converged = result.failure.empty() && sampler_->has_converged();
    return {result};
  }

  BestCandidate best(std::size_t) override {
    return {best_total(0), {sampler_ ? literal_of(sampler_->best()) : start_}};
  }
  double best_total(std::size_t) override {
    return sampler_ ? sampler_->best_value() : std::numeric_limits<double>::infinity();
  }

  std::vector<NamedTensor> state() override {
    std::vector<NamedTensor> state{
        {name_ + "start", start_},
        {name_ + "begun", Literal::scalar(restart_.value_or(not_begun))}};
    if (sampler_)
      for (auto& [name, tensor] : sampler_->state())
        state.emplace_back(name_ + name, std::move(tensor));
    return state;
  }

  void restore(const std::vector<NamedTensor>& state) override {
    start_ = stored(state, name_ + "start", type_);
    sampler_.reset();
    restart_.reset();
    const std::int64_t begun = stored(state, name_ + "begun", {DType::i64, {}}).integers().front();
    if (begun == not_begun) return;
    begin(begun);
    optimizers::NamedLiterals own;
    for (const auto& [name, tensor] : state)
      if (name.starts_with(name_)) own.emplace_back(name.substr(name_.size()), tensor);
    sampler_->restore(own);
  }

  const runtime::MemoryReport& memory() const override { return program_.program().memory(); }
  runtime::Program& program() override { return program_.program(); }

 private:
  static constexpr std::int64_t not_begun = -1;

  static TensorType latent_variable(const SearchRequest& request) {
    const std::vector<Variable> variables = variables_of(request.problem, request.spec);
    if (variables.size() == 1 && variables[0].what == Unknown::latent) return variables[0].type;
    throw InputError(
        "attack: a search by values alone is for the latents of a generator, with known labels");
  }

  void begin(std::int64_t restart) {
    restart_ = restart;
    const std::vector<double> start = start_.doubles();
    sampler_ =
        sampler(spec_, Eigen::VectorXd::Map(start.data(), static_cast<Eigen::Index>(start.size())),
                restart);
  }

  Literal literal_of(const Eigen::VectorXd& point) const {
    return Literal::of<double>(type_.shape, {point.data(), static_cast<std::size_t>(point.size())})
        .converted(type_.dtype);
  }

  /// As many rows as there are lanes, from `row` on; lanes behind the last row repeat it.
  void evaluate(const optimizers::Points& asked, Eigen::Index row, std::vector<double>& values,
                Terms& best) {
    const auto lanes = static_cast<Eigen::Index>(program_.lanes());
    const Eigen::Index count = std::min(lanes, asked.rows() - row);
    for (Eigen::Index lane = 0; lane < lanes; ++lane)
      program_.set(static_cast<std::size_t>(lane), 0,
                   literal_of(asked.row(row + std::min(lane, count - 1)).transpose()));
    program_.run();
    for (Eigen::Index lane = 0; lane < count; ++lane) {
      Terms terms = terms_of(program_, static_cast<std::size_t>(lane), 0, terms_);
      values.push_back(terms.total);
      if (terms.total < best.total) best = std::move(terms);
    }
  }

  AttackSpec spec_;
  TensorType type_;
  std::string name_;  // what its tensors' names in a saved state begin with
  LanedProgram program_;
  std::size_t terms_;
  Literal start_;
  std::optional<std::int64_t> restart_;  // the one that the sampler is of
  std::unique_ptr<Sampler> sampler_;
};

}  // namespace

std::unique_ptr<Search> population_search(const SearchRequest& request) {
  refuse_settings_of_adam(request.spec,
                          request.spec.optimizer == ImageOptimizer::cma_es ? "cma-es" : "turbo");
  return std::make_unique<PopulationSearch>(request);
}

}  // namespace palimpsest::inversion
