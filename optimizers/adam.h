#pragma once
// Adam and plain gradient steps with momentum as graph fragments: state in, state out. They
// become part of the program that runs every iteration, and of unrolled clients.

#include <span>
#include <vector>

#include "graph/value.h"

namespace palimpsest::optimizers {

/// Kingma and Ba 2015, without weight decay.
struct AdamSettings {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// First and second moments; each has the type of its variable.
struct AdamState {
  Value first, second;
};

/// What depends on the step number alone, as rank-0 values of the variable's dtype, so that
/// the host can feed it: size = rate / (1 - beta1^t), scale = 1 / sqrt(1 - beta2^t), t from 1.
struct AdamStep {
  Value size, scale;
};

struct AdamResult {
  Value variable;
  AdamState state;
};

/// x' = x - size * m' / (sqrt(v') * scale + epsilon), as torch.optim.Adam orders it.
AdamResult adam(Value x, Value gradient, const AdamState& state, const AdamStep& step,
                const AdamSettings& settings);

/// The two numbers of AdamStep for step t >= 1 at a learning rate.
struct AdamNumbers {
  double size, scale;
};
AdamNumbers adam_numbers(const AdamSettings& settings, double rate, std::int64_t t);

/// torch.optim.SGD. The velocity is null before the first step, where it becomes the gradient.
struct SgdSettings {
  double rate = 0.01;
  double momentum = 0;
  double weight_decay = 0;
};
struct SgdResult {
  Value variable, velocity;
};
SgdResult sgd(Value x, Value gradient, Value velocity, const SgdSettings& settings);

}  // namespace palimpsest::optimizers
