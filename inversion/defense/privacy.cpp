#include "inversion/defense/privacy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/error.h"

namespace palimpsest::inversion {
namespace {

double epsilon_at(double order, double divergence, double delta) {
  return divergence + std::log1p(-1 / order) - (std::log(delta) + std::log(order)) / (order - 1);
}

void check_steps(const PrivateSteps& steps, double delta) {
  const auto demand = [](bool fits, const char* expected, double came) {
    if (!fits) throw InputError(text("privacy: ", expected, " expected, ", came, " came"));
  };
  demand(steps.noise_multiplier > 0, "a noise multiplier above 0", steps.noise_multiplier);
  demand(steps.sampling_rate > 0 && steps.sampling_rate <= 1, "a sampling rate in (0, 1]",
         steps.sampling_rate);
  demand(steps.steps >= 1, "at least one step", static_cast<double>(steps.steps));
  demand(delta > 0 && delta < 1, "a delta in (0, 1)", delta);
}

}  // namespace

double gaussian_divergence(double noise_multiplier, double order) {
  return order / (2 * noise_multiplier * noise_multiplier);
}

double sampled_gaussian_divergence(double noise_multiplier, double sampling_rate,
                                   std::int64_t order) {
  if (sampling_rate == 1) return gaussian_divergence(noise_multiplier, static_cast<double>(order));
  const auto n = static_cast<double>(order);
  const double precision = 1 / (2 * noise_multiplier * noise_multiplier);
  // The sum is exp(largest) * sum.
  double log_binomial = 0, largest = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::int64_t i = 0; i <= order; ++i) {
    const auto k = static_cast<double>(i);
    if (i > 0) log_binomial += std::log(n - k + 1) - std::log(k);
    const double term = log_binomial + (n - k) * std::log1p(-sampling_rate) +
                        k * std::log(sampling_rate) + k * (k - 1) * precision;
    const double top = std::max(largest, term);
    sum = sum * std::exp(largest - top) + std::exp(term - top);
    largest = top;
  }
  return (largest + std::log(sum)) / (n - 1);
}

double epsilon_of(const PrivateSteps& steps, double delta) {
  check_steps(steps, delta);
  const auto count = static_cast<double>(steps.steps);
  double least = std::numeric_limits<double>::infinity();
  if (steps.sampling_rate == 1) {
    for (double above_one = 0.01; above_one < 1e5; above_one *= 1.02) {
      const double order = 1 + above_one;
      const double divergence = count * gaussian_divergence(steps.noise_multiplier, order);
      least = std::min(least, epsilon_at(order, divergence, delta));
    }
  } else {
    for (std::int64_t order = 2; order <= 1024; ++order) {
      const double divergence =
          count * sampled_gaussian_divergence(steps.noise_multiplier, steps.sampling_rate, order);
      least = std::min(least, epsilon_at(static_cast<double>(order), divergence, delta));
    }
  }
  return std::max(least, 0.0);
}

}  // namespace palimpsest::inversion
