#pragma once
// Gradients of single examples. A model takes batches of its own size, so a batch is filled with
// one example: where rows do not see each other, the mean loss of that batch is the example's.

#include <vector>

#include "inversion/client.h"
#include "runtime/program.h"

namespace palimpsest::inversion {

/// Throws UnsupportedError, naming the defence, for train-mode BatchNormalization.
void demand_independent_examples(const Model& model, std::string_view defense);

class ExampleGradients {
 public:
  /// `images` and `targets` hold all examples. Throws InputError when they do not fit the problem.
  ExampleGradients(const Problem& problem, const Literal& images, const Literal& targets,
                   const runtime::KernelTable& kernels, int threads);

  /// dl/dW of the loss l of one example (whatever the reduction over a batch), one vector a
  /// parameter, at these weights.
  std::vector<std::vector<double>> at(const std::vector<Literal>& weights, std::int64_t example);

 private:
  std::size_t parameters_;
  std::int64_t batch_;
  double factor_;  ///< from the batch's loss to the example's
  Literal images_, targets_;
  runtime::Program program_;
};

}  // namespace palimpsest::inversion
