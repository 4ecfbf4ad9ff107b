#include "passes/fold_scales.h"

#include <algorithm>
#include <unordered_map>

#include "graph/sources.h"
#include "ops/conv/conv.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "passes/dead_code.h"
#include "passes/rules.h"
#include "passes/users.h"

namespace palimpsest::passes {
namespace {

/// By node index: what depends on inputs whose positions satisfy the condition.
template <class Condition>
std::vector<bool> dependents(const Graph& graph, Condition condition) {
  std::vector<bool> marked(graph.size(), false);
  for (std::uint32_t index = 0; index < graph.size(); ++index) {
    const Node& node = graph.node(index);
    if (const auto* input = node.op.as<Input>())
      marked[index] = condition(static_cast<std::size_t>(input->position));
    for (const Value operand : node.inputs)
      if (marked[operand.index()]) marked[index] = true;
  }
  return marked;
}

/// The axis of the result along which w alone decides, or -1 for what is no such product.
int channel_axis(const Node& node) {
  const auto plain = [](const ConvGeometry& geometry) { return geometry.channels_last ? -1 : 1; };
  if (const auto* op = node.op.as<Conv>()) return plain(op->geometry);
  if (const auto* op = node.op.as<ConvInputGrad>()) return plain(op->geometry);
  const bool matrix = node.op.as<MatMul>() && node.inputs[1].shape().rank() == 2;
  return matrix ? 1 : -1;
}

/// The filter of a transposed convolution in groups, its groups along an axis of their own.
Shape split_groups(const ConvGeometry& geometry) {
  std::vector<std::int64_t> extents(geometry.filter.begin(), geometry.filter.end());
  extents.front() /= geometry.groups;
  extents.insert(extents.begin(), geometry.groups);
  return Shape(std::move(extents));
}

/// w * s for a product's weights, s having one element or one per channel.
Value scaled_weights(const Node& product, Value w, Value s) {
  const std::int64_t channels = s.shape().elements();
  const Shape ones = ones_shape(w.shape().rank());
  if (channels == 1) return w * reshape(s, ones);
  if (product.op.as<Conv>()) return w * reshape(s, ones.with(0, channels));
  if (const auto* op = product.op.as<MatMul>())
    return w * reshape(s, ones.with(op->transpose_b ? 0 : 1, channels));
  const ConvGeometry& geometry = product.op.as<ConvInputGrad>()->geometry;
  const Shape split = split_groups(geometry);
  const Shape scales = ones_shape(split.rank()).with(0, split[0]).with(2, split[2]);
  return reshape(reshape(w, split) * reshape(s, scales), w.shape());
}

/// product * scale + shift. Both are [1, .., channels or 1, .., 1]; null for 1 and 0.
struct Chain {
  Value product, scale, shift;
  bool trained = false;  ///< the scale depends on an input
};

class Folder {
 public:
  Folder(const Function& source, std::span<const std::size_t> data, FoldScalesLimits limits)
      : limits_(limits), users_(users_of(source)) {
    const Graph& graph = *source.graph;
    const auto is_data = [&](std::size_t position) {
      return std::ranges::find(data, position) != data.end();
    };
    on_data_ = dependents(graph, is_data);
    on_weights_ = dependents(graph, [&](std::size_t position) { return !is_data(position); });
    axes_.assign(graph.size(), -1);
    continued_.assign(graph.size(), false);
    for (std::uint32_t index = 0; index < graph.size(); ++index) {
      axes_[index] = axis_of(graph.node(index));
      const std::vector<std::uint32_t>& users = users_[index];
      if (axes_[index] < 0 || users.size() != 1 || users.front() == graph.size()) continue;
      continued_[index] = continues(graph.node(users.front()), index);
    }
  }

  Value rebuild(std::uint32_t index, Graph& graph, const Node& node, std::vector<Value> operands) {
    const Value plain = graph.add(node.op, operands);
    if (axes_[index] < 0) return plain;
    const Chain chain = begins(node) ? Chain{plain, {}, {}} : extended(node, operands);
    if (!continued_[index]) return is_worth_it(chain) ? folded(chain) : plain;
    chains_.emplace(plain.index(), chain);
    return plain;
  }

 private:
  bool begins(const Node& node) const {
    return channel_axis(node) >= 0 && on_data_[node.inputs[0].index()] &&
           !on_data_[node.inputs[1].index()];
  }

  /// The channel axis when the node begins a chain or continues that of an operand; else -1.
  int axis_of(const Node& node) const {
    if (begins(node)) return channel_axis(node);
    for (const Value operand : node.inputs)
      if (continued_[operand.index()]) return axes_[operand.index()];
    return -1;
  }

  /// Whether the user scales or shifts the value per channel.
  bool continues(const Node& user, std::uint32_t index) const {
    const bool left = user.inputs[0].index() == index;
    if (!(user.op.as<Add>() || user.op.as<Sub>() || user.op.as<Mul>() ||
          (user.op.as<Div>() && left)))
      return false;
    const Value other = user.inputs[left ? 1 : 0];
    return !on_data_[other.index()] && per_channel(other, axes_[index]);
  }

  /// What a broadcast along all axes but the channels' repeats; null for any other value.
  static Value per_channel(Value value, int axis) {
    const Value source = value.node().op.as<Broadcast>() ? value.node().inputs[0] : value;
    const std::int64_t elements = source.shape().elements();
    return elements == 1 || elements == source.shape()[axis] ? source : Value{};
  }

  Chain extended(const Node& node, Operands operands) const {
    const bool left = chains_.contains(operands[0].index());
    Chain chain = chains_.at(operands[left ? 0 : 1].index());
    const Value other = per_channel(operands[left ? 1 : 0], channel_axis(chain.product.node()));
    const auto shifted = [&](Value by) { return chain.shift ? chain.shift + by : by; };
    if (node.op.as<Add>()) {
      chain.shift = shifted(other);
    } else if (node.op.as<Sub>() && left) {
      chain.shift = shifted(-other);
    } else if (node.op.as<Sub>()) {
      chain.scale = chain.scale ? -chain.scale : full_like(other, -1);
      chain.shift = chain.shift ? other - chain.shift : other;
    } else {
      const Value by = node.op.as<Div>() ? reciprocal(other) : other;
      chain.scale = chain.scale ? chain.scale * by : by;
      if (chain.shift) chain.shift = chain.shift * by;
      chain.trained = chain.trained || on_weights_[node.inputs[left ? 1 : 0].index()];
    }
    return chain;
  }

  bool is_worth_it(const Chain& chain) const {
    if (!chain.trained) return false;
    const auto weights = chain.product.node().inputs[1].shape().elements();
    const auto results = chain.product.shape().elements();
    return static_cast<double>(weights) <=
           limits_.weights_per_result * static_cast<double>(results);
  }

  static Value folded(const Chain& chain) {
    const Node& product = chain.product.node();
    Graph& graph = chain.product.graph();
    const LabelScope label(graph, graph.label(product));
    const Value y = graph.add(
        product.op, {product.inputs[0], scaled_weights(product, product.inputs[1], chain.scale)});
    return chain.shift ? y + broadcast_to(chain.shift, y.shape()) : y;
  }

  FoldScalesLimits limits_;
  Users users_;  // of the source, by index; as are the next four
  std::vector<bool> on_data_, on_weights_;
  std::vector<int> axes_;        // of the channels, for the values of chains; else -1
  std::vector<bool> continued_;  // the only user belongs to the same chain
  std::unordered_map<std::uint32_t, Chain> chains_;  // by index of the image
};

}  // namespace

Function fold_scales(const Function& source, std::span<const std::size_t> data,
                     FoldScalesLimits limits) {
  Folder folder(source, data, limits);
  std::unordered_map<const Node*, std::uint32_t> index_of;
  for (std::uint32_t index = 0; index < source.graph->size(); ++index)
    index_of.emplace(&source.graph->node(index), index);
  const Function result =
      rebuilt(source, [&](Graph& graph, const Node& node, std::vector<Value> operands) {
        return folder.rebuild(index_of.at(&node), graph, node, std::move(operands));
      });
  return without_dead_nodes(result);
}

}  // namespace palimpsest::passes
