#pragma once
// Polynomials by Horner's rule, unrolled at compile time, in one order on every device.

#include "ops/host_device.h"

namespace palimpsest {

PALIMPSEST_HOST_DEVICE constexpr double polynomial(double, double constant) { return constant; }

/// c0 + c1 x + c2 x^2 ...
template <class... Coefficients>
PALIMPSEST_HOST_DEVICE constexpr double polynomial(double x, double c0, Coefficients... higher) {
  return c0 + x * polynomial(x, higher...);
}

}  // namespace palimpsest
