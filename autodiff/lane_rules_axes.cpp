// Primitives that name axes, or treat the first one as a batch.

#include "autodiff/lane_rules.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/reduce/reduce.h"
#include "ops/window/window.h"

namespace palimpsest::autodiff {
namespace {

template <class T>
std::vector<T> with_front(T first, std::span<const T> rest) {
  std::vector<T> all{first};
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

template <class T>
std::vector<T> with_front(T first, const std::vector<T>& rest) {
  return with_front(first, std::span<const T>(rest));
}

std::vector<int> shifted(std::vector<int> axes) {
  for (int& axis : axes) ++axis;
  return axes;
}

Shape with_lanes(const Shape& shape, std::int64_t lanes) {
  return Shape(with_front(lanes, shape.extents()));
}

// The primitive to apply to [lanes, ...] for one that was to be applied to [...].

Op in_lanes(const Reshape& op, std::int64_t lanes) { return Reshape{with_lanes(op.shape, lanes)}; }
Op in_lanes(const Broadcast& op, std::int64_t lanes) {
  return Broadcast{with_lanes(op.shape, lanes)};
}
Op in_lanes(const Permute& op, std::int64_t) { return Permute{with_front(0, shifted(op.axes))}; }
Op in_lanes(const Slice& op, std::int64_t lanes) {
  return Slice{with_front(std::int64_t{0}, op.start), with_front(lanes, op.size),
               with_front(std::int64_t{1}, op.step)};
}
Op in_lanes(const Pad& op, std::int64_t) {
  const std::int64_t none = 0;
  return Pad{with_front(none, op.low), with_front(none, op.high), with_front(none, op.interior)};
}
Op in_lanes(const Concat& op, std::int64_t) { return Concat{op.axis + 1}; }
Op in_lanes(const Reverse& op, std::int64_t) { return Reverse{shifted(op.axes)}; }
Op in_lanes(const ReduceSum& op, std::int64_t) { return ReduceSum{shifted(op.axes)}; }
Op in_lanes(const ReduceMax& op, std::int64_t) { return ReduceMax{shifted(op.axes)}; }
Op in_lanes(const CumSum& op, std::int64_t) { return CumSum{op.axis + 1, op.scan, op.direction}; }
Op in_lanes(const ArgMax& op, std::int64_t) { return ArgMax{op.axis + 1, op.tie}; }
Op in_lanes(const TopK& op, std::int64_t) { return op; }  // along the last axis

/// The primitive of the list that `op` is, in lanes; null when it is none of them.
template <class... P>
Value applied_in_lanes(const Op& op, const LaneCall& call) {
  Value result;
  const auto apply = [&]<class Q>(const Q* primitive) {
    if (primitive) result = call.graph.add(in_lanes(*primitive, call.lanes), call.all_laned());
  };
  (apply(op.as<P>()), ...);
  return result;
}

template <class Window>
Value window_in_lanes(const Window& op, const LaneCall& call) {
  Window merged = op;
  Shape &in = merged.geometry.input, &out = merged.geometry.output;
  in = in.with(0, in[0] * call.lanes);
  out = out.with(0, out[0] * call.lanes);
  return with_lanes_split(call.graph.add(std::move(merged), {with_lanes_merged(call.operands[0])}),
                          call.lanes);
}

/// Indices for x [lanes * B, ...]: one list for all stays so.
Value merged_indices(const LaneCall& call, std::int64_t batch) {
  const Value indices = call.operands[1];
  if (!call.has_lanes[1] && indices.shape()[0] == 1) return indices;
  const Value laned = call.laned(1);
  return with_lanes_merged(broadcast_to(laned, laned.shape().with(1, batch)));
}

Value gather_in_lanes(const Op& op, const LaneCall& call) {
  const Value x = call.laned(0);
  return with_lanes_split(
      call.graph.add(op, {with_lanes_merged(x), merged_indices(call, x.shape()[1])}), call.lanes);
}

}  // namespace

Value laned_movement(const Op& op, const LaneCall& call) {
  return applied_in_lanes<Reshape, Broadcast, Permute, Slice, Pad, Concat, Reverse>(op, call);
}

Value laned_along(const Op& op, const LaneCall& call) {
  if (op.as<Gather>() || op.as<ScatterAdd>()) return gather_in_lanes(op, call);
  if (const auto* sum = op.as<WindowSum>()) return window_in_lanes(*sum, call);
  if (const auto* spread = op.as<WindowSpread>()) return window_in_lanes(*spread, call);
  if (const auto* largest = op.as<WindowArgmax>()) return window_in_lanes(*largest, call);
  return applied_in_lanes<ReduceSum, ReduceMax, CumSum, ArgMax, TopK>(op, call);
}

}  // namespace palimpsest::autodiff
