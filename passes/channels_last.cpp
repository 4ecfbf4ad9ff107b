#include "passes/channels_last.h"

#include <algorithm>
#include <array>

#include "ops/activation_layout.h"
#include "ops/conv/conv.h"
#include "ops/fused/elementwise.h"
#include "ops/movement/movement.h"
#include "ops/reduce/reduce.h"
#include "ops/window/window.h"
#include "passes/layout_rules.h"
#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

/// The conv family: always channels last.
template <class Member>
Value laid_conv(const Op& op, Operands x) {
  const auto* member = op.as<Member>();
  if (!member || member->geometry.channels_last || member->geometry.spatial_rank() < 1) return {};
  Member laid = *member;
  laid.geometry.channels_last = true;
  Graph& graph = x[0].graph();
  if constexpr (std::is_same_v<Member, ConvFilterGrad>)
    return graph.add(laid, {as_last(x[0]), as_last(x[1])});
  else
    return as_first(graph.add(laid, {as_last(x[0]), x[1]}));
}

template <class Member>
Value laid_window(const Op& op, Operands x) {
  const auto* member = op.as<Member>();
  if (!member || member->geometry.channels_last || !behind_first(x[0])) return {};
  Member laid = *member;
  laid.geometry.channels_last = true;
  return as_first(x[0].graph().add(laid, {behind_first(x[0])}));
}

/// What surrounds images, the caller's state above all, stays as it is.
bool sinks(Value operand) {
  const Value last = behind_first(operand);
  return last && !has_image_channels(last.shape()[-1]);
}

Value laid_elementwise(const Op& op, Operands x) {
  if (!is_elementwise(op) || std::ranges::none_of(x, sinks)) return {};
  std::vector<Value> operands;
  for (const Value operand : x) operands.push_back(as_last(operand));
  return as_first(x[0].graph().add(op, std::move(operands)));
}

/// Where each logical axis is stored.
std::vector<int> stored_places(int rank) {
  const std::vector<int> axes = stored_axes(rank, true);
  std::vector<int> places(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    places[static_cast<std::size_t>(axes[i])] = static_cast<int>(i);
  return places;
}

std::vector<int> moved_axes(const std::vector<int>& axes, int rank) {
  const std::vector<int> places = stored_places(rank);
  std::vector<int> moved;
  for (const int axis : axes) moved.push_back(places[static_cast<std::size_t>(axis)]);
  std::ranges::sort(moved);
  return moved;
}

/// One field per axis, in stored order.
std::vector<std::int64_t> moved_fields(const std::vector<std::int64_t>& fields) {
  std::vector<std::int64_t> moved;
  for (const int axis : stored_axes(static_cast<int>(fields.size()), true))
    moved.push_back(fields[static_cast<std::size_t>(axis)]);
  return moved;
}

template <class Reduction>
Value laid_reduction(const Op& op, Operands x) {
  const auto* reduction = op.as<Reduction>();
  if (!reduction || !behind_first(x[0])) return {};
  return as_first(x[0].graph().add(Reduction{moved_axes(reduction->axes, x[0].shape().rank())},
                                   {behind_first(x[0])}));
}

/// Movements whose fields are lists by axis.
Value laid_movement(const Op& op, Operands x) {
  const Value last = behind_first(x[0]);
  if (!last) return {};
  if (const auto* primitive = op.as<Broadcast>())
    return as_first(broadcast_to(last, stored_shape(primitive->shape, true)));
  if (const auto* primitive = op.as<Slice>())
    return as_first(slice(last, moved_fields(primitive->start), moved_fields(primitive->size),
                          moved_fields(primitive->step)));
  if (const auto* primitive = op.as<Pad>())
    return as_first(pad(last, moved_fields(primitive->low), moved_fields(primitive->high),
                        moved_fields(primitive->interior)));
  if (const auto* primitive = op.as<Reverse>())
    return as_first(reverse(last, moved_axes(primitive->axes, x[0].shape().rank())));
  return {};
}

Value laid_concat(const Op& op, Operands x) {
  const auto* primitive = op.as<Concat>();
  if (!primitive || std::ranges::none_of(x, sinks)) return {};
  std::vector<Value> parts;
  for (const Value part : x) parts.push_back(as_last(part));
  const auto axis = static_cast<std::size_t>(primitive->axis);
  return as_first(concat(std::move(parts), stored_places(x[0].shape().rank())[axis]));
}

/// [N, C, ...] or its planes as [N, C, other extents]: only the spatial axes are seen differently.
Value laid_reshape(const Op& op, Operands x) {
  const auto* primitive = op.as<Reshape>();
  if (!primitive) return {};
  const Value first = behind_first(x[0]), last = first ? first : behind_planes(x[0]);
  if (!last) return {};
  const Shape& to = primitive->shape;
  const bool spatial = to.rank() >= 3 && to[0] == last.shape()[0] && to[1] == last.shape()[-1];
  return spatial && to.elements() > 0 ? as_first(reshape(last, stored_shape(to, true))) : Value{};
}

/// A model's own step back to channels last cancels at once: where both permutations turn the
/// same two axes round, what follows would be taken for channels first.
Value laid_permute(const Op& op, Operands x) {
  const auto* primitive = op.as<Permute>();
  const Value last = primitive ? behind_first(x[0]) : Value{};
  return last && primitive->axes == stored_axes(x[0].shape().rank(), true) ? last : Value{};
}

using Rule = Value (*)(const Op&, Operands);
constexpr std::array<Rule, 16> rules{laid_conv<Conv>,
                                     laid_conv<ConvInputGrad>,
                                     laid_conv<ConvFilterGrad>,
                                     laid_window<WindowSum>,
                                     laid_window<WindowSpread>,
                                     laid_window<WindowArgmax>,
                                     laid_elementwise,
                                     laid_reduction<ReduceSum>,
                                     laid_reduction<ReduceMax>,
                                     laid_permute,
                                     laid_movement,
                                     laid_concat,
                                     laid_reshape,
                                     laid_planes,
                                     laid_gather,
                                     laid_scatter_add};

}  // namespace

Function channels_last(const Function& source) {
  return rebuilt(source, [](Graph& graph, const Node& node, std::vector<Value> operands) {
    for (const Rule rule : rules)
      if (!operands.empty())
        if (const Value laid = rule(node.op, operands)) return laid;
    return graph.add(node.op, std::move(operands));
  });
}

}  // namespace palimpsest::passes
