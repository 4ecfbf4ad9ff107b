#include "inversion/restarts_at_once.h"

#include <algorithm>

#include "ops/cost/flops.h"

namespace palimpsest::inversion {
namespace {

// From bench/restarts_at_once.cpp: throughput grows with the restarts below this. An MLP of 50,000
// weights (0.1 MFLOP) loses with two already, a LeNet (1.4 MFLOP) gains nothing.
constexpr double most_flops = 1e5;
constexpr std::int64_t most_lanes = 16;

std::int64_t rounded_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

std::int64_t restarts_at_once(const Problem& problem, const AttackSpec& spec,
                              const Resources& resources) {
  if (resources.restarts_at_once > 0) return std::min(resources.restarts_at_once, spec.restarts);
  const double flops =
      product_flops(problem.model->function) * static_cast<double>(problem.training.steps);
  std::int64_t lanes = 1;
  while (lanes < most_lanes && lanes < spec.restarts &&
         static_cast<double>(lanes + 1) * flops <= most_flops)
    ++lanes;
  return rounded_up(spec.restarts, rounded_up(spec.restarts, lanes));
}

}  // namespace palimpsest::inversion
