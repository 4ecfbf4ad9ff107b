#pragma once
// Label counts as the solution of linear equations, where linear algebra is needed.

#include "inversion/labels.h"

namespace palimpsest::inversion {

/// Instance-wise label counts (Ma et al. 2023). The mean features of class c are about
/// dW_c / db_c; p_j = softmax of the head at those of class j. With k_j examples of class j,
///   sum_j k_j = K and sum_j k_j (p_ji - [i = j]) = K db_i,
/// solved by least squares: [classes], neither whole nor bounded, since where the means do not
/// stand for their class the solution is far off. The bias gradient is needed.
std::vector<double> solve_label_equations(const HeadGradient& head);

/// The counts clipped, and rounded to sum to `total`.
std::vector<std::int64_t> whole_counts(std::span<const double> counts, std::int64_t total);

}  // namespace palimpsest::inversion
