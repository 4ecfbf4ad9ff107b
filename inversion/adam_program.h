#pragma once
// The program of an attack by Adam: one step of every variable, with the best candidate kept.

#include <optional>

#include "inversion/search.h"

namespace palimpsest::inversion {

/// Where things lie among the inputs and outputs of the program. First come the states, which the
/// outputs at the same places feed: four per variable (value, two moments, kept value), and the
/// kept total. Then what a step is told; what this attack does not need is absent. Last the
/// parameters. Behind the states, the outputs are the total and the terms of the objective.
struct AdamLayout {
  static constexpr std::size_t states_per_variable = 4;

  AdamLayout(const AttackSpec& spec, std::size_t variables);

  std::size_t variables;
  std::size_t value(std::size_t variable) const { return states_per_variable * variable; }
  std::size_t kept(std::size_t variable) const { return value(variable) + 3; }
  std::size_t best_total() const { return states_per_variable * variables; }
  std::size_t states() const { return best_total() + 1; }
  std::size_t total() const { return states(); }  ///< among the outputs

  std::size_t size, scale, softness;                     ///< rank 0, of the variables' dtype
  std::optional<std::size_t> weights_size;               ///< of a generator's weights
  std::optional<std::size_t> noise, draw;                ///< deviation; i64 number of the draw
  std::optional<std::size_t> consensus, group;           ///< images; weight of the group's term
  std::optional<std::size_t> rows, columns, coarseness;  ///< see View
  std::size_t inputs;                                    ///< all but the parameters
};

LanedProgram adam_program(const SearchRequest& request, const AdamLayout& layout);

}  // namespace palimpsest::inversion
