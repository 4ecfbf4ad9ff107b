#pragma once
// The client as a graph: the gradient of one batch, or the weights after some local steps.
// Attacks differentiate through it; simulation runs it.

#include "inversion/problem.h"
#include "runtime/kernel_table.h"

namespace palimpsest::inversion {

/// A running statistic of a train-mode BatchNormalization after the local steps.
struct NamedValue {
  std::string name;
  Value value;
};

/// Mean and population variance of a BatchNormalization's input over a batch, each [C].
struct BatchStatistics {
  Value mean, variance;
};

/// Whether the statistics of layers in evaluation mode are wanted: then they are not folded away.
enum class Statistics { none, of_batch };

/// The model on the first step's batch.
struct FirstBatch {
  Value loss;                               ///< rank 0
  std::vector<BatchStatistics> statistics;  ///< by Model::batch_norms; empty: not wanted
};

struct ClientGraph {
  FirstBatch first;
  std::vector<Value> gradients;  ///< of the first step's loss, one per parameter
  std::vector<Value> update;     ///< what is sent: the gradients, or new - old weights
  std::vector<NamedValue> buffers;
};

/// What the client does with its examples. `images` and `targets` hold all examples
/// (images_type, targets_type), `parameters` one value each, all in the graph of `images`.
/// With UpdateKind::gradient only the first step's batch counts.
/// Running statistics follow torch: new = momentum * old + (1 - momentum) * batch, with the
/// unbiased variance (ONNX's momentum convention).
ClientGraph client(const Problem& problem, Value images, Value targets, Operands parameters,
                   Statistics statistics = Statistics::none);

/// The example in each row of a local step's batch.
std::vector<std::int64_t> batch_rows(const Problem& problem, std::int64_t step);

/// The first step's batch alone, without any gradient; arguments as for client().
FirstBatch first_batch(const Problem& problem, Value images, Value targets, Operands parameters,
                       Statistics statistics = Statistics::none);

/// An update made from data.
struct SimulatedUpdate {
  std::vector<NamedTensor> tensors;  ///< one per parameter
  std::vector<NamedTensor> buffers;  ///< running statistics after training, when they move
  double loss = 0;                   ///< of the first batch, before training
};

/// Runs the client on normalised images [examples, ...] and targets (labels or rows).
/// `problem.observed` is read only for its kind. Throws InputError for data that do not fit.
SimulatedUpdate simulate(const Problem& problem, const Literal& images, const Literal& targets,
                         const runtime::KernelTable& kernels, int threads);

}  // namespace palimpsest::inversion
