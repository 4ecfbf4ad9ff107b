#pragma once
// How a session moves its candidate. A search owns the compiled program, the candidate of the
// current restart and the best one of it; which restart it is and when it ends is the session's.

#include <memory>

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

class Search {
 public:
  virtual ~Search() = default;
  /// Begins a restart from these variables.
  virtual void start(const std::vector<Literal>& variables) = 0;
  /// Throws NumericError when the search leaves the finite numbers.
  virtual Terms step(const StepNumbers& numbers) = 0;
  virtual BestCandidate best() = 0;
  /// Its total alone, without copying the variables.
  virtual double best_total() = 0;
  virtual std::vector<NamedTensor> state() = 0;
  virtual void restore(const std::vector<NamedTensor>& state) = 0;
  virtual runtime::Program& program() = 0;
};

/// What a search is built from; `targets` are the known rows, absent when they are searched.
struct SearchRequest {
  const Problem& problem;
  const AttackSpec& spec;
  const Resources& resources;
  std::optional<Literal> targets;
};

std::unique_ptr<Search> adam_search(const SearchRequest& request);
/// Throws InputError for settings that only Adam honours (box, sign).
std::unique_ptr<Search> lbfgs_search(const SearchRequest& request);

// Parts that both build on.

/// Types of the searched variables.
std::vector<TensorType> variable_types(const SearchRequest& request);
/// The objective of these variables, with the parameters as further inputs of the function.
Objective search_objective(const SearchRequest& request, Function& function, Operands variables);
/// Binds the parameters (the last inputs) to the model's values, optimises and compiles.
runtime::Program compiled(const SearchRequest& request, const Function& function,
                          std::vector<std::pair<std::size_t, std::size_t>> feedback);
/// The objective alone. Inputs: the variables. Outputs: its four terms in the order of Terms, then
/// one gradient per variable.
runtime::Program objective_program(const SearchRequest& request);
inline constexpr std::size_t objective_terms = 4;
/// The tensor of that name and type. Throws InputError when there is none.
const Literal& stored(const std::vector<NamedTensor>& state, const std::string& name,
                      const TensorType& type);

}  // namespace palimpsest::inversion
