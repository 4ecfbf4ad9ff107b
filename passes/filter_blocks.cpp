#include "passes/filter_blocks.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "graph/sources.h"
#include "ops/conv/conv.h"
#include "ops/fused/elementwise.h"
#include "ops/movement/movement.h"
#include "ops/reduce/reduce.h"
#include "passes/rules.h"
#include "passes/users.h"

namespace palimpsest::passes {
namespace {

// A value [O, C, kernel...] that is stored in blocks appears in the graph as a permutation and a
// reshape back to [O, C, kernel...]. Rules take such views from the operands and put one behind the
// result; what nobody reads plainly is dead code in the end.

/// Of a stored filter [O', C', kernel..., c, o]: the axes of [O', o, C', c, kernel...].
std::vector<int> axes_to_plain(int stored_rank) {
  std::vector<int> axes{0, stored_rank - 1, 1, stored_rank - 2};
  for (int axis = 2; axis + 2 < stored_rank; ++axis) axes.push_back(axis);
  return axes;
}

/// ... and of that the axes of the stored filter.
std::vector<int> axes_to_stored(int stored_rank) {
  std::vector<int> axes{0, 2};
  for (int axis = 4; axis < stored_rank; ++axis) axes.push_back(axis);
  axes.insert(axes.end(), {3, 1});
  return axes;
}

/// The value stored in blocks behind a view; else a null Value.
Value behind_view(Value view) {
  const Value split = behind<Reshape>(view);
  const auto* permutation = split ? split.node().op.as<Permute>() : nullptr;
  if (!permutation || !fits_filter_blocks(view.shape())) return {};
  const Value stored = split.node().inputs[0];
  const bool blocks = stored.shape() == stored_filter_shape(view.shape(), true) &&
                      permutation->axes == axes_to_plain(stored.shape().rank());
  return blocks ? stored : Value{};
}

Value as_view(Value stored, const Shape& plain) {
  return reshape(permute(stored, axes_to_plain(stored.shape().rank())), plain);
}

/// [O, C, kernel...] with either channel axis of extent 1, too: that axis is then two of extent 1.
Value in_blocks(Value plain) {
  if (const Value stored = behind_view(plain)) return stored;
  std::vector<std::int64_t> split;
  for (int axis = 0; axis < plain.shape().rank(); ++axis) {
    const std::int64_t extent = plain.shape()[axis];
    const std::int64_t block = axis < 2 && extent > 1 ? filter_block : 1;
    split.push_back(extent / block);
    if (axis < 2) split.push_back(block);
  }
  const Shape shape(split);
  return permute(reshape(plain, shape), axes_to_stored(shape.rank()));
}

/// Made of constants and repetitions alone, element by element: what folds.
bool is_made_of_constants(Value value) {
  const Op& op = value.node().op;
  return op.as<Constant>() || op.as<Broadcast>() ||
         (is_elementwise(op) && std::ranges::all_of(value.node().inputs, is_made_of_constants));
}

/// A repetition is moved before it is made, and a constant before anything is made of it.
Value as_stored(Value plain) {
  const Node& node = plain.node();
  if (const Value source = behind<Broadcast>(plain))
    return broadcast_to(in_blocks(source), stored_filter_shape(plain.shape(), true));
  if (!is_elementwise(node.op) || !is_made_of_constants(plain)) return in_blocks(plain);
  std::vector<Value> operands;
  for (const Value operand : node.inputs) operands.push_back(as_stored(operand));
  return plain.graph().add(node.op, std::move(operands));
}

template <class Member>
bool may_have_blocks(const Op& op) {
  const auto* member = op.as<Member>();
  return member && member->geometry.groups == 1 && !member->geometry.filter_blocks &&
         fits_filter_blocks(member->geometry.filter);
}

/// Filter gradients that nothing reads but elementwise primitives and sums.
std::unordered_set<const Node*> sinking_gradients(const Function& source) {
  const Graph& graph = *source.graph;
  const Users users = users_of(source);
  const auto sinks = [&](std::uint32_t user) {
    return user < graph.size() &&
           (is_elementwise(graph.node(user).op) || graph.node(user).op.as<ReduceSum>());
  };
  std::unordered_set<const Node*> gradients;
  for (std::uint32_t index = 0; index < graph.size(); ++index) {
    const Node& node = graph.node(index);
    if (node.type.dtype == DType::f32 && may_have_blocks<ConvFilterGrad>(node.op) &&
        std::ranges::all_of(users[index], sinks))
      gradients.insert(&node);
  }
  return gradients;
}

Value laid_gradient(const Node& node, Operands x) {
  ConvFilterGrad laid = *node.op.as<ConvFilterGrad>();
  laid.geometry.filter_blocks = true;
  return as_view(x[0].graph().add(laid, {x[0], x[1]}), laid.geometry.filter);
}

template <class Member>
Value laid_conv(const Node& node, Operands x) {
  const Value stored = may_have_blocks<Member>(node.op) ? behind_view(x[1]) : Value{};
  if (!stored) return {};
  Member laid = *node.op.as<Member>();
  laid.geometry.filter_blocks = true;
  return x[0].graph().add(laid, {x[0], stored});
}

bool is_view(Value value) { return static_cast<bool>(behind_view(value)); }

Value laid_elementwise(const Node& node, Operands x) {
  if (!is_elementwise(node.op) || std::ranges::none_of(x, is_view)) return {};
  std::vector<Value> operands;
  for (const Value operand : x) operands.push_back(as_stored(operand));
  return as_view(x[0].graph().add(node.op, std::move(operands)), node.type.shape);
}

/// A channel axis is two stored axes; what remains of a sum is small and is laid out plainly.
Value laid_sum(const Node& node, Operands x) {
  const auto* sum = node.op.as<ReduceSum>();
  const Value stored = sum ? behind_view(x[0]) : Value{};
  if (!stored) return {};
  const int rank = stored.shape().rank();
  std::vector<int> axes;
  for (const int axis : sum->axes) {
    axes.push_back(axis);
    if (axis < 2) axes.push_back(rank - 1 - axis);
  }
  std::ranges::sort(axes);
  return as_view(x[0].graph().add(ReduceSum{axes}, {stored}), node.type.shape);
}

using Rule = Value (*)(const Node&, Operands);
constexpr std::array<Rule, 4> rules{laid_conv<Conv>, laid_conv<ConvInputGrad>, laid_elementwise,
                                    laid_sum};

}  // namespace

Function filters_in_blocks(const Function& source) {
  const std::unordered_set<const Node*> gradients = sinking_gradients(source);
  return rebuilt(source, [&](Graph& graph, const Node& node, std::vector<Value> operands) {
    if (gradients.contains(&node)) return laid_gradient(node, operands);
    for (const Rule rule : rules)
      if (const Value laid = rule(node, operands)) return laid;
    return graph.add(node.op, std::move(operands));
  });
}

}  // namespace palimpsest::passes
