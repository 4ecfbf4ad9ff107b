// Lanes in the place of a leading axis of extent 1.

#include <algorithm>

#include "autodiff/lane_rules.h"
#include "ops/fused/elementwise.h"
#include "ops/movement/movement.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::autodiff {
namespace {

/// The primitive for a leading axis of `lanes` instead of 1; none when it does not leave that axis
/// alone.
using Fronted = std::optional<Op>;

Fronted in_front(const Broadcast& op, std::int64_t lanes) {
  return op.shape[0] == 1 ? Fronted{Broadcast{op.shape.with(0, lanes)}} : Fronted{};
}

Fronted in_front(const Slice& op, std::int64_t lanes) {
  if (op.size[0] != 1) return {};
  Slice wider = op;
  wider.size[0] = lanes;
  return wider;
}

Fronted in_front(const Pad& op, std::int64_t) {
  if (op.low[0] != 0 || op.high[0] != 0) return {};
  Pad wider = op;
  wider.interior[0] = 0;
  return wider;
}

Fronted in_front(const Concat& op, std::int64_t) { return op.axis == 0 ? Fronted{} : Fronted{op}; }

template <class Reduction>
Fronted without_front(const Reduction& op) {
  Reduction inner = op;
  std::erase(inner.axes, 0);  // of one element
  return inner.axes.empty() ? Fronted{} : Fronted{inner};
}
Fronted in_front(const ReduceSum& op, std::int64_t) { return without_front(op); }
Fronted in_front(const ReduceMax& op, std::int64_t) { return without_front(op); }
Fronted in_front(const Reverse& op, std::int64_t) { return without_front(op); }

template <class... P>
Fronted fronted_among(const Op& op, std::int64_t lanes) {
  Fronted result;
  const auto try_one = [&]<class Q>(const Q* primitive) {
    if (primitive) result = in_front(*primitive, lanes);
  };
  (try_one(op.as<P>()), ...);
  return result;
}

Fronted fronted(const Op& op, std::int64_t lanes) {
  if (is_elementwise(op)) return op;
  return fronted_among<Broadcast, Slice, Pad, Concat, ReduceSum, ReduceMax, Reverse>(op, lanes);
}

/// The operand with lanes instead of its leading axis of extent 1, when it has one. What a
/// broadcast repeats is repeated in one step.
std::optional<Value> operand_in_front(const LaneCall& call, std::size_t k) {
  const Value x = call.operands[k];
  const int front = call.has_lanes[k] ? 1 : 0;
  if (x.shape().rank() <= front || x.shape()[front] != 1) return {};
  if (call.has_lanes[k]) return squeeze_axis(x, 1);
  const bool is_broadcast = x.node().op.as<Broadcast>() != nullptr;
  return broadcast_to(is_broadcast ? x.node().inputs[0] : x, x.shape().with(0, call.lanes));
}

}  // namespace

Value laned_in_front(const Op& op, const LaneCall& call) {
  const Fronted wider = fronted(op, call.lanes);
  if (!wider) return {};
  std::vector<Value> operands;
  for (std::size_t k = 0; k < call.operands.size(); ++k) {
    const std::optional<Value> operand = operand_in_front(call, k);
    if (!operand) return {};
    operands.push_back(*operand);
  }
  return expand_axis(call.graph.add(*wider, std::move(operands)), 1);
}

}  // namespace palimpsest::autodiff
