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

/// One filter for all lanes: they are more batch elements.
ConvGeometry with_more_elements(ConvGeometry g, std::int64_t lanes) {
  g.input = g.input.with(0, g.input[0] * lanes);
  g.output = g.output.with(0, g.output[0] * lanes);
  return g;
}

/// Conv and ConvInputGrad. With a filter for each lane the lanes are computed one by one: as groups
/// of one convolution they would be slower, for images with interleaved channels are far apart.
template <class P>
Value conv_in_lanes(const P& op, const LaneCall& call) {
  if (call.has_lanes[1]) return unrolled(op, call);
  return with_lanes_split(call.graph.add(P{with_more_elements(op.geometry, call.lanes)},
                                         {with_lanes_merged(call.operands[0]), call.operands[1]}),
                          call.lanes);
}

}  // namespace

Value laned_product(const Op& op, const LaneCall& call) {
  if (const auto* product = op.as<MatMul>()) return matmul_in_lanes(*product, call);
  if (const auto* forward = op.as<Conv>()) return conv_in_lanes(*forward, call);
  if (const auto* backward = op.as<ConvInputGrad>()) return conv_in_lanes(*backward, call);
  if (const auto* filter = op.as<ConvFilterGrad>()) return unrolled(*filter, call);
  // Leading axes of any number are batches to these.
  if (op.as<Inverse>() || op.as<Determinant>()) return call.graph.add(op, call.all_laned());
  return {};
}

}  // namespace palimpsest::autodiff
