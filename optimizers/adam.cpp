#include "optimizers/adam.h"

#include <cmath>

#include "ops/pointwise/binary.h"

namespace palimpsest::optimizers {
namespace {

/// sqrt(x) with derivative 0 at 0: an entry whose gradient was always 0 stays where it is, and
/// an attack that differentiates through the step must not meet 0 * inf.
Value root(Value x) {
  const Value zero = equal(x, zeros_like(x));
  return select(zero, zeros_like(x), sqrt(select(zero, ones_like(x), x)));
}

}  // namespace

AdamResult adam(Value x, Value gradient, const AdamState& state, const AdamStep& step,
                const AdamSettings& settings) {
  const Value first = state.first * settings.beta1 + gradient * (1 - settings.beta1);
  const Value second = state.second * settings.beta2 + gradient * gradient * (1 - settings.beta2);
  const Value denominator = root(second) * step.scale + settings.epsilon;
  return {x - step.size * first / denominator, {first, second}};
}

AdamNumbers adam_numbers(const AdamSettings& settings, double rate, std::int64_t t) {
  const auto steps = static_cast<double>(t);
  return {rate / (1 - std::pow(settings.beta1, steps)),
          1 / std::sqrt(1 - std::pow(settings.beta2, steps))};
}

SgdResult sgd(Value x, Value gradient, Value velocity, const SgdSettings& settings) {
  if (settings.weight_decay != 0) gradient = gradient + x * settings.weight_decay;
  if (settings.momentum != 0)
    velocity = velocity ? velocity * settings.momentum + gradient : gradient;
  const Value direction = settings.momentum != 0 ? velocity : gradient;
  return {x - direction * settings.rate, velocity};
}

}  // namespace palimpsest::optimizers
