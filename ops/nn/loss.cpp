#include "ops/nn/loss.h"

#include "graph/error.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/nn/softmax.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "ops/source/source.h"

namespace palimpsest::nn {
namespace {

/// The sum of all terms, or that over `count`.
Value reduced(Value terms, Reduction reduction, std::int64_t count) {
  const Value sum = sum_all(terms);
  return reduction == Reduction::mean ? sum / static_cast<double>(count) : sum;
}

/// Samples, that is [N, extra...], of class scores [N, C, extra...].
std::int64_t samples_of(Value scores) { return scores.shape().with(1, 1).elements(); }

void expect_same_shape(std::string_view name, Value a, Value b) {
  if (!(a.shape() == b.shape()))
    throw ShapeError(text(name, ": equal shapes expected, ", a.type(), " and ", b.type(), " came"));
}

}  // namespace

Value nll(Value log_probabilities, Value labels, Reduction reduction) {
  const Value chosen = expand_axis(labels, 1);
  if (!(chosen.shape() == log_probabilities.shape().with(1, 1)))
    throw ShapeError(text("nll: one label per sample of ", log_probabilities.type(), " expected, ",
                          labels.type(), " came"));
  return reduced(-take_along_axis(log_probabilities, chosen, 1), reduction, samples_of(chosen));
}

Value soft_nll(Value log_probabilities, Value targets, Reduction reduction) {
  expect_same_shape("soft_nll", log_probabilities, targets);
  return reduced(-(targets * log_probabilities), reduction, samples_of(log_probabilities));
}

Value cross_entropy(Value logits, Value labels, Reduction reduction) {
  return nll(log_softmax(logits, 1), labels, reduction);
}

Value soft_cross_entropy(Value logits, Value targets, Reduction reduction) {
  return soft_nll(log_softmax(logits, 1), targets, reduction);
}

// t softplus(-x) + (1 - t) softplus(x): smooth at 0, and without cancellation on either side.
Value bce_with_logits(Value logits, Value targets, Reduction reduction) {
  expect_same_shape("bce_with_logits", logits, targets);
  const Value terms = targets * softplus(-logits) + (1 - targets) * softplus(logits);
  return reduced(terms, reduction, logits.shape().elements());
}

Value mse(Value prediction, Value target, Reduction reduction) {
  expect_same_shape("mse", prediction, target);
  const Value error = prediction - target;
  return reduced(error * error, reduction, prediction.shape().elements());
}

Value one_hot(Value labels, std::int64_t depth, DType dtype) {
  const Value chosen = expand_axis(labels, 1);
  const Shape shape = chosen.shape().with(1, depth);
  return cast(equal(chosen, iota(labels.graph(), shape, 1)), dtype);
}

}  // namespace palimpsest::nn
