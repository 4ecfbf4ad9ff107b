// Losses as nodes of the model.

#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/nn/softmax.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::onnx_import {
namespace {

/// Weight of each label: its class's weight, 0 where it is to be ignored.
Value label_weights(NodeContext& node, Value labels, Value counts, DType dtype) {
  const Value weights = node.optional_input(2);
  const Value one = full(node.graph(), {dtype, labels.shape()}, 1);
  const Value given = weights ? take(weights, labels, 0) : one;
  return counts ? select(counts, given, zeros_like(given)) : given;
}

/// -weight[label] * log_probabilities[label], reduced as the node says. Labels [N, extra...],
/// log-probabilities [N, C, extra...].
Value negative_log_likelihood(NodeContext& node, Value log_probabilities) {
  Value labels = node.input(1);
  Value counts;
  if (node.attributes().has("ignore_index")) {
    const Value ignored =
        full_like(labels, static_cast<double>(node.attributes().integer("ignore_index")));
    counts = logical_not(equal(labels, ignored));
    labels = select(counts, labels, zeros_like(labels));
  }
  const Value picked =
      squeeze_axis(take_along_axis(log_probabilities, expand_axis(labels, 1), 1), 1);
  const Value weights = label_weights(node, labels, counts, picked.dtype());
  const Value losses = -picked * weights;
  const std::string reduction = node.attributes().string("reduction", "mean");
  if (reduction == "none") return losses;
  if (reduction == "sum") return sum_all(losses);
  if (reduction == "mean") return sum_all(losses) / sum_all(weights);
  node.invalid(text("reduction: none, sum or mean expected, '", reduction, "' came"));
}

std::vector<Value> nll(NodeContext& node) { return {negative_log_likelihood(node, node.input(0))}; }

std::vector<Value> softmax_cross_entropy(NodeContext& node) {
  const Value log_probabilities = nn::log_softmax(node.input(0), 1);
  return {negative_log_likelihood(node, log_probabilities), log_probabilities};
}

}  // namespace

void add_loss_nodes(NodeTable& table) {
  table.add("NegativeLogLikelihoodLoss", 12, nll);
  table.add("SoftmaxCrossEntropyLoss", 12, softmax_cross_entropy);
}

}  // namespace palimpsest::onnx_import
