// Normalisations.

#include "ops/nn/norm.h"

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/movement/movement.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::onnx_import {
namespace {

/// The file's own mode: an attribute since opset 14, `is_test` before 7, between them told by
/// whether the node returns statistics.
bool trains_in_file(const NodeContext& node) {
  if (node.opset() >= 14) return node.attributes().integer("training_mode", 0) != 0;
  if (node.opset() < 7) return node.attributes().integer("is_test", 0) == 0;
  return node.output_count() > 1;
}

bool trains(const NodeContext& node) {
  switch (node.options().batch_norm) {
    case Mode::train:
      return true;
    case Mode::eval:
      return false;
    case Mode::model:
      break;
  }
  return trains_in_file(node);
}

/// A running statistic: a buffer when it is known, never a parameter.
Value buffer(NodeContext& node, std::size_t index) {
  const std::optional<Literal> known = node.known(index);
  return known ? node.constant(*known) : node.input(index);
}

/// Where the statistics are computed from the data there is nothing to report.
void report_site(NodeContext& node, const BatchNormSite& site) {
  const std::optional<Literal> mean = node.known(3);
  const std::optional<Literal> variance = node.known(4);
  if (!mean || !variance) return;
  BatchNormSite complete = site;
  complete.node = node.name();
  complete.running_mean = *mean;
  complete.running_variance = *variance;
  complete.mean_name = node.parameter_name(3);
  complete.variance_name = node.parameter_name(4);
  node.model().batch_norms.push_back(std::move(complete));
}

std::vector<Value> batch_norm(NodeContext& node) {
  const Attributes& attributes = node.attributes();
  if (attributes.integer("spatial", 1) == 0) node.unsupported("statistics per place (spatial 0)");
  const Value x = node.input(0);
  const Value running_mean = buffer(node, 3);
  const Value running_variance = buffer(node, 4);
  const nn::Statistics batch = nn::batch_statistics(x);
  BatchNormSite site;
  site.input = x;
  site.epsilon = attributes.real("epsilon", 1e-5);
  site.momentum = attributes.real("momentum", 0.9);
  site.train = trains(node);
  site.batch_mean = batch.mean;
  site.batch_variance = batch.variance;
  report_site(node, site);

  const Value y =
      nn::batch_norm(x, node.input(1), node.input(2), site.train ? batch.mean : running_mean,
                     site.train ? batch.variance : running_variance, site.epsilon);
  if (!site.train) return {y};
  const auto updated = [&](Value running, Value current) {
    return running * site.momentum + current * (1 - site.momentum);
  };
  return {y, updated(running_mean, batch.mean), updated(running_variance, batch.variance)};
}

std::vector<Value> instance_norm(NodeContext& node) {
  return {nn::instance_norm(node.input(0), node.input(1), node.input(2),
                            node.attributes().real("epsilon", 1e-5))};
}

std::vector<int> axes_from(int first, int rank) {
  std::vector<int> axes = all_axes(rank);
  axes.erase(axes.begin(), axes.begin() + first);
  return axes;
}

std::vector<Value> layer_norm(NodeContext& node) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, -1, x.shape().rank());
  const double epsilon = node.attributes().real("epsilon", 1e-5);
  const Value y = nn::layer_norm(x, node.input(1), node.optional_input(2), axis, epsilon);
  if (!node.wants_output(1) && !node.wants_output(2)) return {y};
  const std::vector<int> axes = axes_from(axis, x.shape().rank());
  return {y, nn::mean(x, axes), rsqrt(nn::variance(x, axes) + epsilon)};
}

std::vector<Value> rms_norm(NodeContext& node) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, -1, x.shape().rank());
  const Value square = nn::mean(x * x, axes_from(axis, x.shape().rank()));
  return {x * rsqrt(square + node.attributes().real("epsilon", 1e-5)) * node.input(1)};
}

/// Each of the g entries of x, repeated count / g times: [g] -> [count].
Value repeated(Value x, std::int64_t count) {
  const std::int64_t groups = x.shape()[0];
  return reshape(broadcast_to(reshape(x, Shape{groups, 1}), Shape{groups, count / groups}),
                 Shape{count});
}

std::vector<Value> group_norm(NodeContext& node) {
  const Value x = node.input(0);
  const std::int64_t groups = node.attributes().integer("num_groups");
  if (x.shape().rank() < 2 || groups < 1 || x.shape()[1] % groups != 0)
    node.invalid(text("num_groups ", groups, " does not divide the channels of ", x.shape()));
  Value scale = node.input(1);
  Value bias = node.input(2);
  // Opset 18 has one scale a group, 21 one a channel.
  if (node.opset() < 21 && scale.shape() == Shape{groups} && bias.shape() == Shape{groups}) {
    scale = repeated(scale, x.shape()[1]);
    bias = repeated(bias, x.shape()[1]);
  }
  return {nn::group_norm(x, scale, bias, groups, node.attributes().real("epsilon", 1e-5))};
}

std::vector<Value> lrn(NodeContext& node) {
  const Attributes& attributes = node.attributes();
  const std::int64_t size = attributes.integer("size");
  if (size < 1) node.invalid(text("size: at least 1 expected, ", size, " came"));
  return {nn::lrn(node.input(0), size, attributes.real("alpha", 1e-4),
                  attributes.real("beta", 0.75), attributes.real("bias", 1))};
}

/// (x - mean) / (deviation + 1e-9) over the axes.
std::vector<Value> mean_variance_norm(NodeContext& node) {
  const Value x = node.input(0);
  std::vector<std::int64_t> listed = node.attributes().integers("axes");
  if (listed.empty()) listed = {0, 2, 3};
  const std::vector<int> axes = axis_indices(node, listed, x.shape().rank());
  return {(x - nn::mean(x, axes)) / (sqrt(nn::variance(x, axes)) + 1e-9)};
}

std::vector<Value> lp_norm(NodeContext& node) {
  const Value x = node.input(0);
  const std::vector<int> axes{axis_attribute(node, -1, x.shape().rank())};
  const std::int64_t p = node.attributes().integer("p", 2);
  if (p != 1 && p != 2) node.invalid(text("p: 1 or 2 expected, ", p, " came"));
  const Value norm = p == 1 ? reduce_sum(abs(x), axes) : nn::l2_norm(x, axes);
  const Value zero = equal(norm, zeros_like(norm));
  return {x / select(zero, ones_like(norm), norm)};
}

}  // namespace

void add_norm_nodes(NodeTable& table) {
  table.add("BatchNormalization", 6, batch_norm);
  table.add("InstanceNormalization", 6, instance_norm);
  table.add("LayerNormalization", 17, layer_norm);
  table.add("RMSNormalization", 23, rms_norm);
  table.add("GroupNormalization", 18, group_norm);
  table.add("LRN", 1, lrn);
  table.add("MeanVarianceNormalization", 9, mean_variance_norm);
  table.add("LpNormalization", 1, lp_norm);
}

}  // namespace palimpsest::onnx_import
