#pragma once
// What an update says of the gradient of one parameter, for closed forms.

#include "inversion/problem.h"

namespace palimpsest::inversion {

/// A gradient as it is. A delta of one SGD step is -rate (g + decay w), and gives g. A delta of
/// several steps without weight decay gives a weighted sum of their gradients, up to the factor
/// -rate. Throws InputError when the update lacks the parameter, UnsupportedError for deltas of
/// Adam and for weight decay over several steps.
Literal observed_gradient(const Problem& problem, std::size_t parameter);

/// The roundoff of an update's numbers: that of f64 or of f32.
double roundoff_of(const Literal& tensor);

}  // namespace palimpsest::inversion
