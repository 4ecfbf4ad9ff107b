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
  double total = 0, matching = 0, total_variation = 0, image_norm = 0;
};

/// What changes from step to step.
struct StepNumbers {
  std::int64_t step = 1;  ///< of this restart, from 1
  double rate = 0;
  double softness = 1;
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
  std::string failure{};  ///< empty: it did not
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
/// Throws InputError for settings that only Adam honours (box, sign).
std::unique_ptr<Search> lbfgs_search(const SearchRequest& request);

// Parts that both build on.

/// Types of the searched variables.
std::vector<TensorType> variable_types(const SearchRequest& request);
/// The objective of these variables, with the parameters as further inputs of the function.
Objective search_objective(const SearchRequest& request, Function& function, Operands variables);
/// Binds the parameters (the last inputs) to the model's values, sets lanes side by side,
/// optimises and compiles a function built on search_objective, whose `loss` is the objective's.
LanedProgram compiled(const SearchRequest& request, const Function& function, Value loss,
                      std::vector<std::pair<std::size_t, std::size_t>> feedback);
/// The objective alone. Inputs: the variables. Outputs: its four terms in the order of Terms, then
/// one gradient per variable.
LanedProgram objective_program(const SearchRequest& request);
inline constexpr std::size_t objective_terms = 4;
/// The tensor of that name and type. Throws InputError when there is none.
const Literal& stored(const std::vector<NamedTensor>& state, const std::string& name,
                      const TensorType& type);
/// The name under which a lane keeps a tensor.
std::string lane_name(std::size_t lane, std::string_view name);

}  // namespace palimpsest::inversion
