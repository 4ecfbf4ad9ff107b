#pragma once
// Label counts as the solution of linear equations, where linear algebra is needed.

#include "inversion/labels.h"

namespace palimpsest::inversion {

/// Instance-wise label counts (Ma et al. 2023). The mean features of class c are about
/// dW_c / db_c; p_j = softmax of the head at those of class j. With k_j examples of class j,
///   sum_j k_j = K and sum_j k_j (p_ji - [i = j]) = K db_i,
/// solved by least squares, clipped, and rounded to sum to K. The bias gradient is needed.
std::vector<std::int64_t> solve_label_equations(const HeadGradient& head);

}  // namespace palimpsest::inversion
