#pragma once
// First and second derivatives of a function of one f64 vector, for tests of exact values.

#include "tests/support/flat_map.h"

namespace palimpsest::testing {

using VectorFunction = Value (*)(Value);

/// Gradient of the sum of f's elements at x, by reverse mode.
Vector gradient_at(VectorFunction f, const Vector& x);
/// The same by forward mode, one unit vector at a time.
Vector forward_gradient_at(VectorFunction f, const Vector& x);
/// Hessian of that sum times a vector of ones, forward over reverse.
Vector curvature_at(VectorFunction f, const Vector& x);
/// The same by reverse over reverse.
Vector reverse_curvature_at(VectorFunction f, const Vector& x);

}  // namespace palimpsest::testing
