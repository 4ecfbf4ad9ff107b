#pragma once
// How a session moves its candidates. A search owns the compiled program and, for each of its
// lanes, the candidate of a restart and the best one of it; which restart that is and when it ends
// is the session's.

#include <memory>

#include "inversion/laned_program.h"
#include "inversion/session.h"

namespace palimpsest::inversion {

/// The terms of the objective at the candidate that a step began from.
struct Terms {
  double total = 0;
  std::vector<double> parts{};  ///< by term_names()
};

/// What changes from step to step.
struct StepNumbers {
  std::int64_t step = 1;  ///< of this restart, from 1
  double rate = 0;
  double softness = 1;
  std::int64_t restart = 0;
  double weights_rate = 0;     ///< of a generator's weights
  double group_weight = 0;     ///< 0 until there is a consensus
  std::optional<View> view{};  ///< absent when the view is plain
};

/// The best candidate of a restart: its variables, in the order of Candidate::variables().
struct BestCandidate {
  double total = 0;  ///< infinite before the first step
  std::vector<Literal> variables;
};

/// What became of a lane in a step. Why it failed: it left the finite numbers, or a kernel refused
/// the data of some lane, which ends the step of all.
struct StepResult {
  Terms terms;
  std::string failure{};   ///< empty: it did not
  bool converged = false;  ///< further steps would find nothing
};

class Search {
 public:
  virtual ~Search() = default;
  virtual std::size_t lanes() const = 0;
  /// Begins a restart in a lane, from these variables.
  virtual void start(std::size_t lane, const std::vector<Literal>& variables) = 0;
  /// One step of every lane that has numbers; the others rest. Results by lane.
  virtual std::vector<StepResult> step(std::span<const std::optional<StepNumbers>> numbers) = 0;
  virtual BestCandidate best(std::size_t lane) = 0;
  /// The first variable where the lane is now, and what it is drawn to: for searches of groups.
  virtual Literal current(std::size_t lane);
  virtual void agree(std::size_t lane, const Literal& consensus);
  /// Its total alone, without copying the variables.
  virtual double best_total(std::size_t lane) = 0;
  virtual std::vector<NamedTensor> state() = 0;
  virtual void restore(const std::vector<NamedTensor>& state) = 0;
  virtual const runtime::MemoryReport& memory() const = 0;
  /// The program of its launches; of several equal ones the first.
  virtual runtime::Program& program() = 0;
};

/// What a search is built from; `targets` are the known rows, absent when they are searched.
struct SearchRequest {
  const Problem& problem;
  const AttackSpec& spec;
  const Resources& resources;
  std::optional<Literal> targets;
  std::int64_t lanes = 1;
  std::size_t first_lane = 0;  ///< its number in saved states
};

std::unique_ptr<Search> adam_search(const SearchRequest& request);
/// Throws InputError for settings that only Adam honours (box, sign, noise, views, groups).
std::unique_ptr<Search> lbfgs_search(const SearchRequest& request);
/// CMA-ES or TuRBO over the latent: by values alone, one candidate a lane of the program. Throws
/// InputError for settings that only Adam honours, and when anything but a latent is searched.
std::unique_ptr<Search> population_search(const SearchRequest& request);

// Parts that both build on.

/// The candidate that these variables are, with the known targets as constants.
Candidate search_candidate(const SearchRequest& request, Graph& graph, Operands variables);
/// The objective of a candidate, with the parameters as further inputs of the function.
Objective search_objective(const SearchRequest& request, Function& function,
                           const Candidate& candidate);
/// Binds the parameters (the last inputs) to the model's values, sets lanes side by side,
/// optimises and compiles a function built on search_objective, whose `loss` is the objective's.
LanedProgram compiled(const SearchRequest& request, const Function& function, Value loss,
                      std::vector<std::pair<std::size_t, std::size_t>> feedback);
/// The objective alone. Inputs: the variables. Outputs: its total, its terms in the order of
/// term_names(), then, where it is wanted, one gradient per variable.
enum class WithGradient { no, yes };
LanedProgram objective_program(const SearchRequest& request, WithGradient gradient);
/// The total and the terms that lie among the outputs from a place on.
Terms terms_of(const LanedProgram& program, std::size_t lane, std::size_t total, std::size_t terms);
/// Throws InputError, naming the setting, when the spec has one that only Adam honours.
void refuse_settings_of_adam(const AttackSpec& spec, std::string_view optimizer);
/// The tensor of that name and type. Throws InputError when there is none.
const Literal& stored(const std::vector<NamedTensor>& state, const std::string& name,
                      const TensorType& type);
/// The name under which a lane keeps a tensor.
std::string lane_name(std::size_t lane, std::string_view name);

}  // namespace palimpsest::inversion
