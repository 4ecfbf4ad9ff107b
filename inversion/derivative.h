#pragma once
// The objective and its derivative at the first candidate of an attack, as numbers: what an
// independent implementation is compared with.

#include "inversion/session.h"

namespace palimpsest::inversion {

struct Derivative {
  double objective = 0, matching = 0;
  /// The first candidate, in the order of Candidate::variables(): images in the units of the
  /// model's input, then target logits when they are searched.
  std::vector<Literal> variables;
  std::vector<Literal> gradient;  ///< of the objective, one per variable
};

/// Compiles the objective without an optimiser and evaluates it where restart 0 begins. Throws
/// what the constructor of Session throws.
Derivative derivative_at_start(const Problem& problem, const AttackSpec& spec,
                               const Resources& resources);

}  // namespace palimpsest::inversion
