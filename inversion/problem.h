#pragma once
// What an attacker holds: the model, the update one client sent, and what is known or assumed
// of how the client made it. Attacks, label rules and simulation all read this.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/model.h"
#include "inversion/transform.h"
#include "ops/nn/loss.h"
#include "optimizers/adam.h"

namespace palimpsest::inversion {

using NamedTensor = std::pair<std::string, Literal>;

enum class UpdateKind {
  gradient,  ///< dL/dW of one batch
  delta      ///< weights after training minus weights before
};

/// One tensor per model parameter, in the file's layout and the parameter's order; a missing
/// tensor (frozen layer, filtered update) takes no part in the matching.
struct Observed {
  UpdateKind kind = UpdateKind::gradient;
  std::vector<std::optional<Literal>> tensors;
};

enum class LossKind {
  cross_entropy,         ///< on Model::logits; targets are rows of class probabilities
  binary_cross_entropy,  ///< on Model::logits; targets in [0, 1], shaped like them
  squared_error          ///< on output 0
};

struct LossSpec {
  LossKind kind = LossKind::cross_entropy;
  nn::Reduction reduction = nn::Reduction::mean;
};

enum class LocalOptimizer { sgd, adam };

/// What the client did between receiving and sending weights. The batch size is the model's.
struct LocalTraining {
  std::int64_t steps = 1;
  LocalOptimizer optimizer = LocalOptimizer::sgd;
  optimizers::SgdSettings sgd;
  optimizers::AdamSettings adam;
  double adam_rate = 1e-3;
  /// Index of the example in each row of each step's batch, steps * batch of them; empty:
  /// examples in order, from the first again after the last.
  std::vector<std::int64_t> order;
};

/// Model input = (pixel - mean) / deviation per channel, pixels in [0, 1]. Empty: the identity.
struct Normalization {
  std::vector<double> mean, deviation;
};

/// The values that a generator's images have.
enum class GeneratorRange {
  unit,      ///< pixels in [0, 1]
  symmetric  ///< 2 pixel - 1, as behind a tanh
};

struct Problem {
  const Model* model = nullptr;  ///< must outlive the problem
  Observed observed;
  LossSpec loss;
  LocalTraining training;
  Normalization normalization;
  std::int64_t examples = 1;  ///< private examples behind the update
  /// What came with the update, by the model's names: running statistics after training.
  std::vector<NamedTensor> buffers;
  /// Mean and variance of each BatchNormalization's input over the private batch, by the names of
  /// its running statistics, where they were revealed.
  std::vector<NamedTensor> batch_statistics;
  /// What the client's defences call for (inversion/defense/undone_by.h), where they are known.
  Transform known_transform = Transform::none;
  /// A generator of images that the attacker holds (inversion/generator.h); must outlive the
  /// problem. Null: none.
  const Model* generator = nullptr;
  GeneratorRange generator_range = GeneratorRange::unit;
  /// Known targets: i64 class labels [examples, ...], or floats shaped like the model's output
  /// with `examples` rows.
  std::optional<Literal> targets;
};

/// Throws InputError when the parts do not fit each other: tensors against parameters (count
/// and shape), targets, normalisation against channels, order, batch against examples; and
/// UnsupportedError when the model has not exactly one data input.
void check(const Problem& problem);

/// Throws InputError unless there are a mean and a deviation above 0 for each channel, or neither.
void check_normalization(const Model& model, const Normalization& normalization);

/// What the loss takes: the model's logits, or its first output for a squared error.
Value prediction(const Model& model, const LossSpec& loss);
/// Rows of one batch, as the model was imported.
std::int64_t batch_size(const Model& model);
/// The data input's type for all examples: the model's with `examples` rows.
TensorType images_type(const Model& model, std::int64_t examples);
/// The type of the targets that the loss takes, for all examples.
TensorType targets_type(const Model& model, const LossSpec& loss, std::int64_t examples);
/// Float targets: class labels become one-hot rows; floats are converted to the model's dtype.
/// Throws InputError for labels out of range or wrong shapes.
Literal target_rows(const Model& model, const LossSpec& loss, const Literal& targets);

/// Axis of the channels and of the two image axes of a data input [N, C, H, W] or [N, H, W, C].
/// Throws UnsupportedError when the input is not of rank 4.
struct ImageAxes {
  int channel, height, width;
};
ImageAxes image_axes(const Model& model);

}  // namespace palimpsest::inversion
