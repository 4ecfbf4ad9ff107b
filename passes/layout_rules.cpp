#include "passes/layout_rules.h"

#include "ops/activation_layout.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/source/source.h"
#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

/// The axes of the permutation from channels last to channels first.
std::vector<int> axes_to_first(int rank) {
  std::vector<int> axes{0, rank - 1};
  for (int axis = 1; axis + 1 < rank; ++axis) axes.push_back(axis);
  return axes;
}

/// [N, positions, C] as planes [N * C, positions, 1].
Value as_planes(Value last) {
  const Shape& shape = last.shape();
  return reshape(as_first(last), {shape[0] * shape[2], shape[1], 1});
}

/// [N, K, C] positions as places [N, K * C] in rows [N, positions * C].
Value places_in_rows(Value positions) {
  const Shape& shape = positions.shape();
  const Value channel = broadcast_to(iota(positions.graph(), {1, 1, shape[2]}, 2), shape);
  return reshape(positions * static_cast<double>(shape[2]) + channel,
                 {shape[0], shape[1] * shape[2]});
}

Value as_rows(Value last) {
  const Shape& shape = last.shape();
  return reshape(last, {shape[0], shape[1] * shape[2], 1});
}

}  // namespace

Value behind_first(Value value) {
  const auto* permutation = value.node().op.as<Permute>();
  const int rank = value.shape().rank();
  return permutation && rank >= 3 && permutation->axes == axes_to_first(rank)
             ? value.node().inputs[0]
             : Value{};
}

Value as_first(Value last) { return permute(last, axes_to_first(last.shape().rank())); }

Value as_last(Value first) {
  if (const Value last = behind_first(first)) return last;
  if (const Value source = behind<Broadcast>(first))
    return broadcast_to(as_last(source), stored_shape(first.shape(), true));
  return permute(first, stored_axes(first.shape().rank(), true));
}

Value behind_planes(Value planes) {
  const Value first = behind<Reshape>(planes);
  const Value last = first ? behind_first(first) : Value{};
  if (!last || last.shape().rank() != 3) return {};
  const Shape &shape = planes.shape(), &to = last.shape();
  const bool rows = shape.rank() == 2 || (shape.rank() == 3 && shape[2] == 1);
  return rows && shape[0] == to[0] * to[2] && shape[1] == to[1] ? last : Value{};
}

Value laid_planes(const Op& op, Operands x) {
  const auto* primitive = op.as<Reshape>();
  const Value last = primitive ? behind_first(x[0]) : Value{};
  if (!last || last.shape().elements() == 0) return {};
  const Shape &from = x[0].shape(), &to = primitive->shape;
  const std::int64_t planes = from[0] * from[1], positions = from.elements() / planes;
  const bool rows = to.rank() == 2 || (to.rank() == 3 && to[2] == 1);
  if (!rows || to[0] != planes || to[1] != positions) return {};
  const Value flat = reshape(last, {from[0], positions, from[1]});
  return reshape(as_first(flat), to);
}

Value laid_gather(const Op& op, Operands x) {
  if (!op.as<Gather>()) return {};
  const Value last = behind_planes(x[0]), positions = behind_planes(x[1]);
  if (!last || !positions || !(last.shape().with(1, 1) == positions.shape().with(1, 1))) return {};
  return as_planes(reshape(gather(as_rows(last), places_in_rows(positions)), positions.shape()));
}

Value laid_scatter_add(const Op& op, Operands x) {
  const auto* primitive = op.as<ScatterAdd>();
  const Value last = primitive ? behind_planes(x[0]) : Value{};
  const Value positions = primitive ? behind_planes(x[1]) : Value{};
  if (!last || !positions || !(last.shape() == positions.shape())) return {};
  const Shape result = last.shape().with(1, primitive->size);
  const Value rows =
      scatter_add(as_rows(last), places_in_rows(positions), primitive->size * last.shape()[2]);
  return as_planes(reshape(rows, result));
}

}  // namespace palimpsest::passes
