#pragma once
// A FedAvg update seen as one gradient, taken somewhere on the way from the old weights to the new
// ones (Zhu et al. 2023, surrogate model extension): cheap, because no local step is followed, and
// in no need of the client's learning rate, number of steps or order of examples.

#include "inversion/problem.h"

namespace palimpsest::inversion {

/// The problem of the surrogate's gradient: what is observed is old - new weights, up to a factor
/// that a cosine does not see. Throws InputError when the update is a gradient, or the model's
/// batch does not hold all examples at once.
Problem surrogate_problem(const Problem& problem);

/// The surrogate's weights, share * old + (1 - share) * new, from the old ones (one value per
/// parameter) and a rank-0 share. Parameters that were not observed stay.
std::vector<Value> surrogate_weights(const Problem& surrogate, Operands old, Value share);

}  // namespace palimpsest::inversion
