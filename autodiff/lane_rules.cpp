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

/// The primitive once per lane, for the few that know no batch.
Value unrolled(const Op& op, const LaneCall& call) {
  std::vector<Value> results;
  for (std::int64_t lane = 0; lane < call.lanes; ++lane) {
    std::vector<Value> operands;
    for (std::size_t k = 0; k < call.operands.size(); ++k)
      operands.push_back(call.has_lanes[k]
                             ? squeeze_axis(slice_axis(call.operands[k], 0, lane, 1), 0)
                             : call.operands[k]);
    results.push_back(expand_axis(call.graph.add(op, std::move(operands)), 0));
  }
  return concat(std::move(results), 0);
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
  if (is_elementwise(op)) return call.graph.add(op, call.all_laned());
  for (const auto rule : {laned_movement, laned_along, laned_product})
    if (const Value result = rule(op, call)) return result;
  if (op.as<FusedPointwise>())
    throw std::logic_error(text("vmap: '", op.name(), "' came: vmap goes before fusion"));
  return unrolled(op, call);
}

}  // namespace palimpsest::autodiff
