#include "autodiff/lane_rules.h"

#include <algorithm>
#include <stdexcept>

#include "ops/fused/elementwise.h"
#include "ops/fused/fused.h"
#include "ops/movement/movement.h"

namespace palimpsest::autodiff {
namespace {

Shape with_front(const Shape& shape, std::int64_t extent) {
  std::vector<std::int64_t> extents{extent};
  extents.insert(extents.end(), shape.begin(), shape.end());
  return Shape(std::move(extents));
}

/// x for each lane. What a broadcast repeats is repeated from its source, in one step, so that
/// fusion need not write it out.
Value repeated(Value x, std::int64_t lanes) {
  const bool is_broadcast = x.node().op.as<Broadcast>() != nullptr;
  const Value from = is_broadcast ? x.node().inputs[0] : x;
  return broadcast_to(reshape(from, with_front(from.shape(), 1)), with_front(x.shape(), lanes));
}

/// Whether a value was [1, ...] before it got its lanes: those can then take the place of that
/// axis.
bool leads_with_one(Value laned) { return laned.shape().rank() > 1 && laned.shape()[1] == 1; }

/// One lane of [lanes, ...], of the source's shape.
Value lane_of(Value x, std::int64_t lane) {
  if (leads_with_one(x)) return slice_axis(squeeze_axis(x, 1), 0, lane, 1);
  return squeeze_axis(slice_axis(x, 0, lane, 1), 0);
}

Value joined(std::vector<Value> lanes) {
  if (lanes.front().shape().rank() > 0 && lanes.front().shape()[0] == 1)
    return expand_axis(concat(std::move(lanes), 0), 1);
  for (Value& lane : lanes) lane = expand_axis(lane, 0);
  return concat(std::move(lanes), 0);
}

}  // namespace

Value LaneCall::laned(std::size_t k) const {
  return has_lanes[k] ? operands[k] : repeated(operands[k], lanes);
}

std::vector<Value> LaneCall::all_laned() const {
  std::vector<Value> values;
  for (std::size_t k = 0; k < operands.size(); ++k) values.push_back(laned(k));
  return values;
}

Value unrolled(const Op& op, const LaneCall& call) {
  std::vector<Value> results;
  for (std::int64_t lane = 0; lane < call.lanes; ++lane) {
    std::vector<Value> operands;
    for (std::size_t k = 0; k < call.operands.size(); ++k)
      operands.push_back(call.has_lanes[k] ? lane_of(call.operands[k], lane) : call.operands[k]);
    results.push_back(call.graph.add(op, std::move(operands)));
  }
  return joined(std::move(results));
}

Value with_lanes_merged(Value x) {
  const auto extents = x.shape().extents();
  std::vector<std::int64_t> merged{extents[0] * extents[1]};
  merged.insert(merged.end(), extents.begin() + 2, extents.end());
  return reshape(x, Shape(std::move(merged)));
}

Value with_lanes_split(Value x, std::int64_t lanes) {
  const auto extents = x.shape().extents();
  std::vector<std::int64_t> split{lanes, extents[0] / lanes};
  split.insert(split.end(), extents.begin() + 1, extents.end());
  return reshape(x, Shape(std::move(split)));
}

Value laned_result(const Op& op, const LaneCall& call) {
  if (const Value result = laned_in_front(op, call)) return result;
  if (is_elementwise(op)) return call.graph.add(op, call.all_laned());
  for (const auto rule : {laned_movement, laned_along, laned_product})
    if (const Value result = rule(op, call)) return result;
  if (op.as<FusedPointwise>())
    throw std::logic_error(text("vmap: '", op.name(), "' came: vmap goes before fusion"));
  return unrolled(op, call);
}

}  // namespace palimpsest::autodiff
