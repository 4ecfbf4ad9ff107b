#include <algorithm>

#include "ops/movement/movement.h"
#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

/// A filled tensor keeps the form broadcast(number) under any movement.
Value moved_filling(Value broadcast, const Shape& shape) {
  const Value source = behind<Broadcast>(broadcast);
  if (!source || source.shape().elements() != 1) return {};
  return broadcast_to(reshape(source, ones_shape(shape.rank())), shape);
}

Value simplified_reshape(const Reshape& op, Value x) {
  if (op.shape == x.shape()) return x;
  if (const Value source = behind<Reshape>(x)) return reshape(source, op.shape);
  return moved_filling(x, op.shape);
}

/// The extents above 1 keep their order, so that no element moves.
bool moves_nothing(const std::vector<int>& axes, const Shape& shape) {
  std::vector<int> wide;
  for (const int axis : axes)
    if (shape[axis] != 1) wide.push_back(axis);
  return std::is_sorted(wide.begin(), wide.end());
}

Value simplified_permute(const Permute& op, Value x) {
  const Shape shape = op.infer({&x.type(), 1}).shape;
  if (const Value filled = moved_filling(x, shape)) return filled;
  if (moves_nothing(op.axes, x.shape())) return reshape(x, shape);
  const auto* inner = x.node().op.as<Permute>();
  if (!inner) return {};
  std::vector<int> axes;
  for (const int axis : op.axes) axes.push_back(inner->axes[static_cast<std::size_t>(axis)]);
  return permute(x.node().inputs[0], std::move(axes));
}

Value simplified_broadcast(const Broadcast& op, Value x) {
  if (op.shape == x.shape()) return x;
  if (const Value source = behind<Broadcast>(x)) return broadcast_to(source, op.shape);
  return {};
}

/// The one part of a concatenation that the slice lies in, sliced; else a null Value.
Value slice_of_part(const Slice& op, const Node& concat_node, int axis) {
  const auto at = static_cast<std::size_t>(axis);
  std::int64_t begin = 0;
  for (const Value part : concat_node.inputs) {
    const std::int64_t end = begin + part.shape()[axis];
    const std::int64_t last = op.start[at] + (op.size[at] - 1) * op.step[at];
    if (op.start[at] >= begin && last < end) {
      std::vector<std::int64_t> start = op.start;
      start[at] -= begin;
      return slice(part, std::move(start), op.size, op.step);
    }
    begin = end;
  }
  return {};
}

Value simplified_slice(const Slice& op, Value x) {
  if (const Value filled = moved_filling(x, Shape(op.size))) return filled;
  if (const auto* joined = x.node().op.as<Concat>();
      joined && op.size[static_cast<std::size_t>(joined->axis)] > 0)
    return slice_of_part(op, x.node(), joined->axis);
  const auto* inner = x.node().op.as<Slice>();
  if (!inner) return {};
  std::vector<std::int64_t> start = op.start, step = op.step;
  for (std::size_t i = 0; i < start.size(); ++i) {
    start[i] = inner->start[i] + start[i] * inner->step[i];
    step[i] *= inner->step[i];
  }
  return slice(x.node().inputs[0], std::move(start), op.size, std::move(step));
}

Value simplified_reverse(const Reverse& op, Value x) {
  if (const Value filled = moved_filling(x, x.shape())) return filled;
  const auto* inner = x.node().op.as<Reverse>();
  return inner && inner->axes == op.axes ? x.node().inputs[0] : Value{};
}

}  // namespace

Value simplified_movement(const Op& op, Operands x) {
  if (const auto* primitive = op.as<Reshape>()) return simplified_reshape(*primitive, x[0]);
  if (const auto* primitive = op.as<Permute>()) return simplified_permute(*primitive, x[0]);
  if (const auto* primitive = op.as<Broadcast>()) return simplified_broadcast(*primitive, x[0]);
  if (const auto* primitive = op.as<Slice>()) return simplified_slice(*primitive, x[0]);
  if (const auto* primitive = op.as<Reverse>()) return simplified_reverse(*primitive, x[0]);
  return {};
}

}  // namespace palimpsest::passes
