#pragma once
// What a client may do to its update before sending it. Each is a pure function of the update,
// its settings and a seed, and says what it did.

#include <optional>
#include <string>
#include <vector>

#include "inversion/problem.h"

namespace palimpsest::inversion {

enum class DefenseKind {
  none,
  gaussian_noise,  ///< adds N(0, amount^2) to every entry
  clipping,        ///< scales all tensors together to an l2 norm of at most `amount`
  sparsification   ///< keeps the largest (1 - amount) of each tensor's entries by magnitude
};

struct Defense {
  DefenseKind kind = DefenseKind::none;
  double amount = 0;
  std::uint64_t seed = 0;
};

struct DefendedUpdate {
  std::vector<NamedTensor> tensors;
  std::string record;  ///< what was done, with its numbers ("clipping: norm 3.2 -> 1")
};

/// Throws InputError for a negative amount, or a sparsification outside [0, 1).
DefendedUpdate defended(std::vector<NamedTensor> tensors, const Defense& defense);

}  // namespace palimpsest::inversion
