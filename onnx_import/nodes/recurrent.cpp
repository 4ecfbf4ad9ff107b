// RNN, GRU and LSTM, unrolled over their steps. Per direction: x [T, B, I], state [B, H],
// weights [G H, I] and [G H, H] with the G gates below each other.

#include <array>

#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/nn/activation.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

constexpr std::int64_t max_steps = 4096;

using Activation = Value (*)(Value);

struct State {
  Value h, c;  ///< c is null but for LSTM
};

/// One direction of a layer.
struct Layer {
  std::int64_t hidden = 0;
  Value recurrence;      ///< [G H, H]
  Value recurrent_bias;  ///< [G H]
  Value peepholes;       ///< [3 H], gates i, o, f; null when absent
  std::vector<Activation> activations;
  double clip = 0;  ///< bounds what enters an activation; 0: not at all
  bool linear_before_reset = false;
  bool input_forget = false;

  Value part(Value stacked, std::int64_t gate) const {
    return slice_axis(stacked, -1, gate * hidden, hidden);
  }
  Value activated(std::size_t which, Value x) const {
    if (clip > 0) x = minimum(maximum(x, full_like(x, -clip)), full_like(x, clip));
    return activations[which](x);
  }
  Value recurrent(Value h) const {
    return matmul(h, recurrence, {.transpose_b = true}) + recurrent_bias;
  }
};

// Each takes the input's share of all gates [B, G H], bias included, and the state before.

State rnn_step(const Layer& layer, Value gates, State before) {
  return {layer.activated(0, gates + layer.recurrent(before.h)), {}};
}

/// Gates z, r, h.
State gru_step(const Layer& layer, Value gates, State before) {
  const Value recurrent = layer.recurrent(before.h);
  const auto gate = [&](std::int64_t i) {
    return layer.activated(0, layer.part(gates, i) + layer.part(recurrent, i));
  };
  const Value z = gate(0);
  const Value r = gate(1);
  const Value rows = slice_axis(layer.recurrence, 0, 2 * layer.hidden, layer.hidden);
  const Value reset =
      layer.linear_before_reset
          ? r * layer.part(recurrent, 2)
          : matmul(r * before.h, rows, {.transpose_b = true}) + layer.part(layer.recurrent_bias, 2);
  const Value candidate = layer.activated(1, layer.part(gates, 2) + reset);
  return {(1 - z) * candidate + z * before.h, {}};
}

/// Gates i, o, f, c.
State lstm_step(const Layer& layer, Value gates, State before) {
  const Value all = gates + layer.recurrent(before.h);
  const auto gate = [&](std::int64_t i, Value cell) {
    const Value x = layer.part(all, i);
    return layer.activated(0, layer.peepholes ? x + layer.part(layer.peepholes, i) * cell : x);
  };
  const Value i = gate(0, before.c);
  const Value f = layer.input_forget ? 1 - i : gate(2, before.c);
  const Value c = f * before.c + i * layer.activated(1, layer.part(all, 3));
  return {gate(1, c) * layer.activated(2, c), c};
}

using Step = State (*)(const Layer&, Value, State);

struct Kind {
  Step step;
  std::int64_t gates;
  std::vector<std::string> activations;  ///< ONNX's defaults, for one direction
};

Activation activation_named(const NodeContext& node, const std::string& name) {
  if (name == "Tanh") return tanh;
  if (name == "Sigmoid") return sigmoid;
  if (name == "Relu") return relu;
  if (name == "Softplus") return softplus;
  if (name == "Softsign") return nn::softsign;
  node.unsupported(text("activation '", name, "'"));
}

/// An operand without its first axis, at one direction; null when it is left out.
Value of_direction(NodeContext& node, std::size_t index, std::int64_t direction) {
  const Value stacked = node.optional_input(index);
  return stacked ? squeeze_axis(slice_axis(stacked, 0, direction, 1), 0) : Value{};
}

Layer layer_of(NodeContext& node, const Kind& kind, std::int64_t direction) {
  Layer layer;
  layer.recurrence = of_direction(node, 2, direction);
  layer.hidden = layer.recurrence.shape()[1];
  const Shape stacked{kind.gates * layer.hidden};
  const Value bias = of_direction(node, 3, direction);
  layer.recurrent_bias = bias ? slice_axis(bias, 0, stacked[0], stacked[0])
                              : full(node.graph(), {layer.recurrence.dtype(), stacked}, 0);
  layer.peepholes = kind.gates == 4 ? of_direction(node, 7, direction) : Value{};
  std::vector<std::string> names = node.attributes().strings("activations");
  if (names.empty()) names = kind.activations;
  const std::size_t first = names.size() > kind.activations.size()
                                ? static_cast<std::size_t>(direction) * kind.activations.size()
                                : 0;
  if (first + kind.activations.size() > names.size()) node.invalid("activations: too few");
  for (std::size_t i = 0; i < kind.activations.size(); ++i)
    layer.activations.push_back(activation_named(node, names[first + i]));
  layer.clip = node.attributes().real("clip", 0);
  layer.linear_before_reset = node.attributes().integer("linear_before_reset", 0) != 0;
  layer.input_forget = node.attributes().integer("input_forget", 0) != 0;
  return layer;
}

/// The input's share of all gates at all steps: [T, B, G H].
Value input_gates(NodeContext& node, Value x, const Layer& layer, const Kind& kind,
                  std::int64_t direction) {
  const std::int64_t rows = x.shape()[0] * x.shape()[1];
  const Value flat = matmul(reshape(x, Shape{rows, x.shape()[2]}), of_direction(node, 1, direction),
                            {.transpose_b = true});
  const Value bias = of_direction(node, 3, direction);
  const std::int64_t width = kind.gates * layer.hidden;
  const Value gates = bias ? flat + slice_axis(bias, 0, 0, width) : flat;
  return reshape(gates, Shape{x.shape()[0], x.shape()[1], width});
}

enum class Order { forward, backward };

struct Sequence {
  std::vector<Value> outputs;  ///< by step, [B, H]
  State last;
};

Sequence unrolled(NodeContext& node, Value x, const Kind& kind, std::int64_t direction, Order order,
                  State state) {
  const Layer layer = layer_of(node, kind, direction);
  const Value gates = input_gates(node, x, layer, kind, direction);
  const std::int64_t steps = x.shape()[0];
  const Value lengths = node.optional_input(4);
  Sequence sequence{std::vector<Value>(static_cast<std::size_t>(steps)), state};
  for (std::int64_t i = 0; i < steps; ++i) {
    const std::int64_t t = order == Order::backward ? steps - 1 - i : i;
    const Value now = squeeze_axis(slice_axis(gates, 0, t, 1), 0);
    State next = kind.step(layer, now, sequence.last);
    Value output = next.h;
    if (lengths) {  // beyond its length a sequence keeps its state and yields zeros
      const Value runs =
          expand_axis(greater(lengths, full_like(lengths, static_cast<double>(t))), 1);
      output = select(runs, next.h, zeros_like(next.h));
      next.h = select(runs, next.h, sequence.last.h);
      if (next.c) next.c = select(runs, next.c, sequence.last.c);
    }
    sequence.outputs[static_cast<std::size_t>(t)] = output;
    sequence.last = next;
  }
  return sequence;
}

/// The initial state of one direction, zeros when it is left out.
Value initial(NodeContext& node, std::size_t index, std::int64_t direction, const TensorType& type,
              int axis) {
  const Value given = node.optional_input(index);
  if (!given) return full(node.graph(), type, 0);
  return squeeze_axis(slice_axis(given, axis, direction, 1), axis);
}

Value stacked(const std::vector<Value>& parts, int axis) {
  std::vector<Value> raised;
  for (const Value part : parts) raised.push_back(expand_axis(part, axis));
  return concat(std::move(raised), axis);
}

std::vector<Value> recurrent(NodeContext& node, const Kind& kind) {
  const std::string way = node.attributes().string("direction", "forward");
  if (way != "forward" && way != "reverse" && way != "bidirectional")
    node.invalid(text("direction: unknown value '", way, "'"));
  const bool batch_first = node.attributes().integer("layout", 0) != 0;
  const Value x = batch_first ? swap_axes(node.input(0), 0, 1) : node.input(0);
  if (x.shape().rank() != 3 || node.input(1).shape().rank() != 3 ||
      node.input(2).shape().rank() != 3)
    node.invalid("X, W and R of rank 3 expected");
  if (x.shape()[0] < 1 || x.shape()[0] > max_steps)
    node.unsupported(
        text("a sequence of ", x.shape()[0], " steps; 1 to ", max_steps, " are unrolled"));

  const std::int64_t directions = way == "bidirectional" ? 2 : 1;
  const TensorType state{x.dtype(), Shape{x.shape()[1], node.input(2).shape()[2]}};
  const int state_axis = batch_first ? 1 : 0;
  std::vector<Value> by_direction, last_h, last_c;
  for (std::int64_t d = 0; d < directions; ++d) {
    State before{initial(node, 5, d, state, state_axis), {}};
    if (kind.gates == 4) before.c = initial(node, 6, d, state, state_axis);
    const Sequence sequence = unrolled(
        node, x, kind, d, way == "reverse" || d == 1 ? Order::backward : Order::forward, before);
    by_direction.push_back(stacked(sequence.outputs, batch_first ? 1 : 0));
    last_h.push_back(sequence.last.h);
    last_c.push_back(sequence.last.c);
  }
  std::vector<Value> results{stacked(by_direction, batch_first ? 2 : 1),
                             stacked(last_h, state_axis)};
  if (kind.gates == 4) results.push_back(stacked(last_c, state_axis));
  return results;
}

std::vector<Value> rnn(NodeContext& node) { return recurrent(node, {rnn_step, 1, {"Tanh"}}); }

std::vector<Value> gru(NodeContext& node) {
  return recurrent(node, {gru_step, 3, {"Sigmoid", "Tanh"}});
}

std::vector<Value> lstm(NodeContext& node) {
  return recurrent(node, {lstm_step, 4, {"Sigmoid", "Tanh", "Tanh"}});
}

}  // namespace

void add_recurrent_nodes(NodeTable& table) {
  table.add("RNN", 7, rnn);
  table.add("GRU", 7, gru);
  table.add("LSTM", 7, lstm);
}

}  // namespace palimpsest::onnx_import
