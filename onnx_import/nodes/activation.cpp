// Activation functions. Values and derivatives at kinks follow torch (ops/nn/activation.h).

#include "ops/nn/activation.h"
#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

template <Value (*f)(Value)>
std::vector<Value> unary(NodeContext& node) {
  return {f(node.input(0))};
}

std::vector<Value> leaky_relu(NodeContext& node) {
  return {nn::leaky_relu(node.input(0), node.attributes().real("alpha", 0.01))};
}

std::vector<Value> elu(NodeContext& node) {
  return {nn::elu(node.input(0), node.attributes().real("alpha", 1))};
}

std::vector<Value> celu(NodeContext& node) {
  return {nn::celu(node.input(0), node.attributes().real("alpha", 1))};
}

/// Before opset 6 the defaults were rounded to four digits.
std::vector<Value> selu_1(NodeContext& node) {
  return {nn::selu(node.input(0), node.attributes().real("alpha", 1.6732),
                   node.attributes().real("gamma", 1.0507))};
}

std::vector<Value> selu(NodeContext& node) {
  return {nn::selu(node.input(0), node.attributes().real("alpha", 1.67326319217681884765625),
                   node.attributes().real("gamma", 1.05070102214813232421875))};
}

std::vector<Value> hard_sigmoid(NodeContext& node) {
  return {nn::hard_sigmoid(node.input(0), node.attributes().real("alpha", 0.2),
                           node.attributes().real("beta", 0.5))};
}

std::vector<Value> thresholded_relu(NodeContext& node) {
  return {nn::thresholded_relu(node.input(0), node.attributes().real("alpha", 1))};
}

std::vector<Value> shrink(NodeContext& node) {
  return {nn::shrink(node.input(0), node.attributes().real("bias", 0),
                     node.attributes().real("lambd", 0.5))};
}

/// Before opset 7 the slope is one number a channel, aligned with axis 1.
std::vector<Value> prelu_1(NodeContext& node) {
  const Value x = node.input(0);
  const Value slope = node.input(1);
  if (slope.shape().elements() == 1 || x.shape().rank() < 2) return {nn::prelu(x, slope)};
  return {nn::prelu(
      x, reshape(slope, ones_shape(x.shape().rank() - 1).with(0, slope.shape().elements())))};
}

std::vector<Value> prelu(NodeContext& node) { return {nn::prelu(node.input(0), node.input(1))}; }

std::vector<Value> gelu(NodeContext& node) {
  const std::string form = node.attributes().string("approximate", "none");
  if (form == "none") return {nn::gelu(node.input(0), nn::GeluForm::exact)};
  if (form == "tanh") return {nn::gelu(node.input(0), nn::GeluForm::tanh)};
  node.invalid(text("approximate: none or tanh expected, '", form, "' came"));
}

std::vector<Value> swish(NodeContext& node) {
  const Value x = node.input(0);
  return {x * sigmoid(x * node.attributes().real("alpha", 1))};
}

std::vector<Value> swiglu(NodeContext& node) {
  const Value gate = node.input(0);
  return {gate * sigmoid(gate * node.attributes().real("alpha", 1)) * node.input(1)};
}

nn::ClipBorder border(const NodeContext& node) {
  return node.options().clip_border_blocks ? nn::ClipBorder::block : nn::ClipBorder::pass;
}

std::vector<Value> clip_by_attributes(NodeContext& node) {
  const Value x = node.input(0);
  const auto bound = [&](std::string_view name) {
    return node.attributes().has(name)
               ? full(node.graph(), {x.dtype(), {}}, node.attributes().real(name))
               : Value{};
  };
  return {nn::clip(x, bound("min"), bound("max"), border(node))};
}

/// Bounds that are known are numbers, never parameters.
std::vector<Value> clip(NodeContext& node) {
  const Value x = node.input(0);
  const auto bound = [&](std::size_t index) {
    if (!node.has_input(index)) return Value{};
    const std::optional<Literal> known = node.known(index);
    return known ? node.constant(*known) : node.input(index);
  };
  return {nn::clip(x, bound(1), bound(2), border(node))};
}

}  // namespace

void add_activation_nodes(NodeTable& table) {
  table.add("Relu", 1, unary<relu>);
  table.add("Sigmoid", 1, unary<sigmoid>);
  table.add("Tanh", 1, unary<tanh>);
  table.add("Softplus", 1, unary<softplus>);
  table.add("Softsign", 1, unary<nn::softsign>);
  table.add("HardSwish", 14, unary<nn::hard_swish>);
  table.add("Mish", 18, unary<nn::mish>);
  table.add("LeakyRelu", 1, leaky_relu);
  table.add("Elu", 1, elu);
  table.add("Celu", 12, celu);
  table.add("Selu", 1, selu_1);
  table.add("Selu", 6, selu);
  table.add("HardSigmoid", 1, hard_sigmoid);
  table.add("ThresholdedRelu", 10, thresholded_relu);
  table.add("Shrink", 9, shrink);
  table.add("PRelu", 1, prelu_1);
  table.add("PRelu", 7, prelu);
  table.add("Gelu", 20, gelu);
  table.add("Swish", 24, swish);
  table.add("SwiGLU", 28, swiglu);
  table.add("Clip", 1, clip_by_attributes);
  table.add("Clip", 11, clip);
}

}  // namespace palimpsest::onnx_import
