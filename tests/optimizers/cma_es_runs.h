#pragma once
// Runs of CMA-ES on test functions.

#include <functional>
#include <limits>
#include <vector>

#include "optimizers/cma_es.h"
#include "tests/optimizers/test_functions.h"

namespace palimpsest::optimizers::testing {

using Function = std::function<double(const Vector&)>;

inline constexpr double infinity = std::numeric_limits<double>::infinity();

inline std::vector<double> values_at(const Points& points, const Function& f) {
  std::vector<double> values;
  for (Eigen::Index i = 0; i < points.rows(); ++i) values.push_back(f(points.row(i).transpose()));
  return values;
}

inline void advance(CmaEs& search, const Function& f, int generations = 1) {
  for (int i = 0; i < generations; ++i) search.tell(values_at(search.ask(), f));
}

/// Evaluations to the target; infinite when the search stops or 200,000 are spent before.
inline double evaluations_to(double target, CmaEs& search, const Function& f) {
  while (search.best_value() > target) {
    if (search.stopped() || search.evaluations() >= 200'000) return infinity;
    advance(search, f);
  }
  return static_cast<double>(search.evaluations());
}

inline Vector filled(Eigen::Index n, double value) { return Vector::Constant(n, value); }

}  // namespace palimpsest::optimizers::testing
