#include "inversion/restarts_at_once.h"

#include <algorithm>

#include "ops/cost/flops.h"

namespace palimpsest::inversion {
namespace {

// From bench/restarts_at_once.cpp: throughput grows with the restarts of a program below this. An
// MLP of 50,000 weights (0.1 MFLOP) loses with two already, a LeNet (1.4 MFLOP) gains nothing.
constexpr double most_flops = 1e5;
constexpr std::int64_t most_lanes = 16;

std::int64_t rounded_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

std::int64_t lanes_worth(double flops, std::int64_t restarts) {
  std::int64_t lanes = 1;
  while (lanes < most_lanes && lanes < restarts &&
         static_cast<double>(lanes + 1) * flops <= most_flops)
    ++lanes;
  return lanes;
}

}  // namespace

Arrangement restarts_at_once(const Problem& problem, const AttackSpec& spec,
                             const Resources& resources) {
  if (spec.optimizer == ImageOptimizer::cma_es || spec.optimizer == ImageOptimizer::turbo)
    return {1, 1};
  const double flops =
      product_flops(problem.model->function) * static_cast<double>(problem.training.steps);
  const std::int64_t lanes = lanes_worth(flops, spec.restarts), wanted = resources.restarts_at_once;
  const bool threads_may_divide = !resources.reproducible || (lanes == 1 && wanted == 0);
  const std::int64_t programs =
      flops < worth_two_threads && threads_may_divide ? resources.threads : 1;
  if (spec.group.form != GroupForm::none)
    return {spec.restarts, std::min(programs, spec.restarts), lanes};
  const std::int64_t rounds = rounded_up(spec.restarts, wanted > 0 ? wanted : lanes * programs);
  const std::int64_t at_once =
      wanted > 0 ? std::min(wanted, spec.restarts) : rounded_up(spec.restarts, rounds);
  return {at_once, std::min(programs, at_once)};
}

}  // namespace palimpsest::inversion
