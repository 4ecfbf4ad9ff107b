#pragma once
// The proof of one case: its derivatives by every route the library has, against central
// differences and against each other. Nothing is projected: one wrong entry of a Jacobian
// escapes a random projection more often than not, so all entries are compared.

#include "runtime/kernel_table.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {

/// Errors relative to the largest entry of the matrix that is checked. An entry's own size is
/// no scale: rounding in a difference quotient is eps |f| / h whatever entry it belongs to.
struct GradientErrors {
  /// vjp's Jacobian J against central differences of the function.
  double first_order = 0;
  /// <e_i, J e_j> by jvp = <J^T e_i, e_j> by vjp, for all pairs of unit vectors.
  double adjoint = 0;
  /// H, the Hessian of <v, f(x)>, against central differences of the analytic gradient J^T v.
  double second_order = 0;
  /// H = H^T.
  double symmetry = 0;
  /// Forward-over-reverse = reverse-over-reverse, and the derivative of J^T v along v is J.
  double routes = 0;
};

/// Bounds that the errors above must keep in f64: what the arithmetic allows with a margin of
/// a few hundred, so a real error has no room.
inline constexpr GradientErrors bounds{1e-7, 1e-12, 1e-6, 1e-12, 1e-12};

GradientErrors gradient_errors(const Case& sample, const runtime::KernelTable& kernels);

}  // namespace palimpsest::testing
