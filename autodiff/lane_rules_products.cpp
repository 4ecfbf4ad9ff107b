// Products. An operand without lanes (weights) is never repeated where lanes can be more rows of
// one product instead.

#include "autodiff/lane_rules.h"
#include "ops/conv/conv.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"

namespace palimpsest::autodiff {
namespace {

// ---- matrices ----

Value transposed_when(bool condition, Value x) { return condition ? swap_axes(x, -2, -1) : x; }

/// Lanes on one side, one matrix on the other: the lanes become rows of one product.
Value matmul_by_one(const MatMul& op, const LaneCall& call) {
  if (call.has_lanes[0]) {
    const Value rows = transposed_when(op.transpose_a, call.operands[0]);
    const MatMul options{false, op.transpose_b};
    return with_lanes_split(call.graph.add(options, {with_lanes_merged(rows), call.operands[1]}),
                            call.lanes);
  }
  // (a b)^T = b^T a^T
  const Value rows = transposed_when(!op.transpose_b, call.operands[1]);
  const MatMul options{false, !op.transpose_a};
  const Value product = call.graph.add(options, {with_lanes_merged(rows), call.operands[0]});
  return swap_axes(with_lanes_split(product, call.lanes), -2, -1);
}

Value matmul_in_lanes(const MatMul& op, const LaneCall& call) {
  const bool both = call.has_lanes[0] && call.has_lanes[1];
  const int single_rank = call.operands[call.has_lanes[0] ? 1 : 0].shape().rank();
  return both || single_rank > 2 ? call.graph.add(op, call.all_laned()) : matmul_by_one(op, call);
}

// ---- convolutions ----

/// The axis of the channels of stored activations, and so, with lanes in front, the one before it.
int channel_axis(const ConvGeometry& g) { return g.channels_last ? g.input.rank() - 1 : 1; }

/// 0, 1, ... rank - 1 with one of them moved to another place.
std::vector<int> with_axis_moved(int rank, int from, int to) {
  std::vector<int> axes;
  for (int axis = 0; axis < rank; ++axis)
    if (axis != from) axes.push_back(axis);
  axes.insert(axes.begin() + to, from);
  return axes;
}

/// Lanes as more channels: [lanes, ..., c, ...] with c channels becomes [..., lanes * c, ...].
Value as_channels(Value x, int channel) {
  const int rank = x.shape().rank();
  const Value moved = permute(x, with_axis_moved(rank, 0, channel));
  std::vector<std::int64_t> extents(moved.shape().begin(), moved.shape().end());
  extents[static_cast<std::size_t>(channel)] *= extents[static_cast<std::size_t>(channel) + 1];
  extents.erase(extents.begin() + channel + 1);
  return reshape(moved, Shape(std::move(extents)));
}

/// The way back.
Value from_channels(Value x, int channel, std::int64_t lanes) {
  std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
  extents[static_cast<std::size_t>(channel)] /= lanes;
  extents.insert(extents.begin() + channel, lanes);
  return permute(reshape(x, Shape(std::move(extents))),
                 with_axis_moved(x.shape().rank() + 1, channel, 0));
}

/// One filter for all lanes: they are more batch elements.
ConvGeometry with_more_elements(ConvGeometry g, std::int64_t lanes) {
  g.input = g.input.with(0, g.input[0] * lanes);
  g.output = g.output.with(0, g.output[0] * lanes);
  return g;
}

/// A filter for each lane: they are more groups.
ConvGeometry with_more_groups(ConvGeometry g, std::int64_t lanes) {
  g.input = g.input.with(1, g.input[1] * lanes);
  g.output = g.output.with(1, g.output[1] * lanes);
  g.filter = g.filter.with(0, g.filter[0] * lanes);
  g.groups *= lanes;
  return g;
}

/// Conv and ConvInputGrad: images, filter -> images.
template <class P>
Value conv_in_lanes(const P& op, const LaneCall& call) {
  const Value images = call.laned(0);
  if (!call.has_lanes[1])
    return with_lanes_split(call.graph.add(P{with_more_elements(op.geometry, call.lanes)},
                                           {with_lanes_merged(images), call.operands[1]}),
                            call.lanes);
  const int channel = channel_axis(op.geometry);
  const P grouped{with_more_groups(op.geometry, call.lanes)};
  return from_channels(
      call.graph.add(grouped, {as_channels(images, channel), with_lanes_merged(call.operands[1])}),
      channel, call.lanes);
}

Value filter_grad_in_lanes(const ConvFilterGrad& op, const LaneCall& call) {
  const int channel = channel_axis(op.geometry);
  const ConvFilterGrad grouped{with_more_groups(op.geometry, call.lanes)};
  return with_lanes_split(call.graph.add(grouped, {as_channels(call.laned(0), channel),
                                                   as_channels(call.laned(1), channel)}),
                          call.lanes);
}

}  // namespace

Value laned_product(const Op& op, const LaneCall& call) {
  if (const auto* product = op.as<MatMul>()) return matmul_in_lanes(*product, call);
  if (const auto* forward = op.as<Conv>()) return conv_in_lanes(*forward, call);
  if (const auto* backward = op.as<ConvInputGrad>()) return conv_in_lanes(*backward, call);
  if (const auto* filter = op.as<ConvFilterGrad>()) return filter_grad_in_lanes(*filter, call);
  // Leading axes of any number are batches to these.
  if (op.as<Inverse>() || op.as<Determinant>()) return call.graph.add(op, call.all_laned());
  return {};
}

}  // namespace palimpsest::autodiff
