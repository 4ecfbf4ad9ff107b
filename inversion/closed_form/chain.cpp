#include "inversion/closed_form/chain.h"

#include <algorithm>

#include "inversion/problem.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::inversion {
namespace {

Value behind_reshapes(Value value) {
  while (value.node().op.as<Reshape>()) value = value.node().inputs[0];
  return value;
}

/// Undoes one step after the other, from the logits to the data.
class Walker {
 public:
  explicit Walker(const Model& model) : model_(model) {}

  ChainSearch walk() {
    const Value data = model_.function.inputs[model_.data.front().input];
    Value value = behind_reshapes(model_.logits);
    while (!(value == data)) {
      ChainLayer layer;
      value = behind_reshapes(before_activation(value, layer));
      value = before_bias(value, layer);
      const Value input = before_product(value, layer);
      if (!input) return {{}, reason(value)};
      found_.layers.push_back(std::move(layer));
      value = behind_reshapes(input);
    }
    std::reverse(found_.layers.begin(), found_.layers.end());
    if (found_.layers.empty()) return {{}, "the model computes nothing"};
    if (found_.layers.back().activation != ChainActivation::none)
      return {{}, "an activation follows the last layer"};
    return std::move(found_);
  }

 private:
  std::string reason(Value value) const {
    const Node& node = value.node();
    const std::string& label = value.graph().label(node);
    return text("'", label.empty() ? std::string(node.op.name()) : label,
                "' is no layer or invertible activation of a chain");
  }

  std::optional<std::size_t> parameter_of(Value value) const {
    for (std::size_t p = 0; p < model_.parameters.size(); ++p)
      if (model_.function.inputs[model_.parameters[p].input] == value) return p;
    return std::nullopt;
  }

  /// select(0 < x, x, slope x) with a slope above 0; else null.
  static Value before_leaky_relu(const Node& node, ChainLayer& layer) {
    if (!node.op.as<Select>()) return {};
    const Value condition = node.inputs[0], x = node.inputs[1], scaled = node.inputs[2];
    const bool positive = condition.node().op.as<Less>() &&
                          is_filled_with(condition.node().inputs[0], 0) &&
                          condition.node().inputs[1] == x;
    if (!positive || !scaled.node().op.as<Mul>()) return {};
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const std::optional<double> slope = filling_of(scaled.node().inputs[side]);
      if (!slope || *slope <= 0 || !(scaled.node().inputs[1 - side] == x)) continue;
      layer.activation = ChainActivation::leaky_relu;
      layer.slope = *slope;
      return x;
    }
    return {};
  }

  static Value before_activation(Value value, ChainLayer& layer) {
    const Node& node = value.node();
    if (const Value x = before_leaky_relu(node, layer)) return x;
    if (node.op.as<Relu>())
      layer.activation = ChainActivation::relu;
    else if (node.op.as<Sigmoid>())
      layer.activation = ChainActivation::sigmoid;
    else if (node.op.as<Tanh>())
      layer.activation = ChainActivation::tanh;
    else
      return value;
    return node.inputs[0];
  }

  Value before_bias(Value value, ChainLayer& layer) const {
    const Node& node = value.node();
    if (!node.op.as<Add>()) return value;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      Value bias = node.inputs[side];
      while (bias.node().op.as<Reshape>() || bias.node().op.as<Broadcast>())
        bias = bias.node().inputs[0];
      layer.bias = parameter_of(bias);
      if (layer.bias) return behind_reshapes(node.inputs[1 - side]);
    }
    return value;
  }

  /// Null when the value is no product of the data's side with a weight.
  Value before_product(Value value, ChainLayer& layer) const {
    const Node& node = value.node();
    layer.node = value.graph().label(node);
    const std::int64_t batch = batch_size(model_);
    layer.outputs = value.shape().elements() / batch;
    if (const auto* conv = node.op.as<Conv>()) return before_conv(*conv, node, layer);
    const auto* matmul = node.op.as<MatMul>();
    if (!matmul || matmul->transpose_a || node.inputs[0].shape().rank() != 2) return {};
    Value weight = node.inputs[1];
    layer.weight_is_output_by_input = matmul->transpose_b;
    if (weight.node().op.as<Permute>()) {
      weight = weight.node().inputs[0];
      layer.weight_is_output_by_input = !layer.weight_is_output_by_input;
    }
    return with_weight(weight, node.inputs[0], layer);
  }

  Value before_conv(const Conv& conv, const Node& node, ChainLayer& layer) const {
    if (conv.geometry.spatial_rank() != 2 || conv.geometry.channels_last) return {};
    layer.conv = conv.geometry;
    layer.conv->input = layer.conv->input.with(0, 1);
    layer.conv->output = layer.conv->output.with(0, 1);
    return with_weight(node.inputs[1], node.inputs[0], layer);
  }

  Value with_weight(Value weight, Value input, ChainLayer& layer) const {
    const auto parameter = parameter_of(weight);
    if (!parameter) return {};
    layer.weight = *parameter;
    layer.inputs = input.shape().elements() / batch_size(model_);
    return input;
  }

  const Model& model_;
  ChainSearch found_;
};

}  // namespace

ChainSearch find_chain(const Model& model) {
  images_type(model, 1);  // refuses models with other than one data input
  return Walker(model).walk();
}

}  // namespace palimpsest::inversion
