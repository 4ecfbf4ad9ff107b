// Reductions, positions of extrema, running sums, the k largest.

#include "ops/nn/reduce.h"

#include <algorithm>
#include <limits>

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest::onnx_import {
namespace {

/// Drops the reduced axes, which have extent 1, unless the node keeps them.
Value kept_or_dropped(const NodeContext& node, Value y, const std::vector<int>& axes) {
  if (node.attributes().integer("keepdims", 1) != 0) return y;
  std::vector<std::int64_t> extents;
  for (int axis = 0; axis < y.shape().rank(); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) extents.push_back(y.shape()[axis]);
  return reshape(y, Shape(std::move(extents)));
}

using Reduction = Value (*)(Value, std::vector<int>);

template <Reduction f>
std::vector<Value> over_axes(NodeContext& node, const std::vector<std::int64_t>& listed) {
  const Value x = node.input(0);
  std::vector<int> axes = axis_indices(node, listed, x.shape().rank());
  if (axes.empty()) {
    if (node.attributes().integer("noop_with_empty_axes", 0) != 0) return {x};
    axes = all_axes(x.shape().rank());
  }
  if (axes.empty()) return {f(reshape(x, Shape{1}), {0})};
  return {kept_or_dropped(node, f(x, axes), axes)};
}

template <Reduction f>
std::vector<Value> axes_by_attribute(NodeContext& node) {
  return over_axes<f>(node, node.attributes().integers("axes"));
}

template <Reduction f>
std::vector<Value> axes_by_input(NodeContext& node) {
  return over_axes<f>(node,
                      node.has_input(1) ? node.required_integers(1) : std::vector<std::int64_t>{});
}

Value mean(Value x, std::vector<int> axes) {
  if (is_float(x.dtype())) return nn::mean(x, std::move(axes));
  const Value sum = reduce_sum(x, std::move(axes));
  const std::int64_t count =
      x.shape().elements() / std::max<std::int64_t>(1, sum.shape().elements());
  return sum / full_like(sum, static_cast<double>(count));
}

/// The extremum of nothing, in the shape of the reduction.
Value of_nothing(Value x, std::vector<int> axes, double number) {
  const Value shaped = reduce_sum(cast(x, DType::i64), std::move(axes));
  return full(x.graph(), {x.dtype(), shaped.shape()}, number);
}

constexpr double infinity = std::numeric_limits<double>::infinity();

Value largest(Value x, std::vector<int> axes) {
  if (x.shape().elements() == 0 && x.dtype() != DType::i64)
    return of_nothing(x, std::move(axes), is_float(x.dtype()) ? -infinity : 0);
  if (is_float(x.dtype())) return nn::reduce_max(x, std::move(axes));
  const Value y = max_without_derivative(cast(x, DType::i64), std::move(axes));
  return cast(y, x.dtype());
}

Value smallest(Value x, std::vector<int> axes) {
  if (x.shape().elements() == 0 && x.dtype() != DType::i64)
    return of_nothing(x, std::move(axes), is_float(x.dtype()) ? infinity : 1);
  if (is_float(x.dtype())) return nn::reduce_min(x, std::move(axes));
  const Value y = -max_without_derivative(-cast(x, DType::i64), std::move(axes));
  return cast(y, x.dtype());
}

Value product(Value x, std::vector<int> axes) { return nn::reduce_prod(x, std::move(axes)); }
Value sum(Value x, std::vector<int> axes) { return reduce_sum(x, std::move(axes)); }
Value l1(Value x, std::vector<int> axes) { return reduce_sum(abs(x), std::move(axes)); }
Value l2(Value x, std::vector<int> axes) { return nn::l2_norm(x, std::move(axes)); }
Value log_sum(Value x, std::vector<int> axes) { return log(reduce_sum(x, std::move(axes))); }
Value log_sum_exp(Value x, std::vector<int> axes) { return nn::logsumexp(x, std::move(axes)); }
Value sum_square(Value x, std::vector<int> axes) { return reduce_sum(x * x, std::move(axes)); }

/// Before `since` the axes are an attribute, from then on an input.
template <Reduction f>
void add_reduction(NodeTable& table, std::string_view name, std::int64_t since = 18) {
  table.add(name, 1, axes_by_attribute<f>);
  table.add(name, since, axes_by_input<f>);
}

std::vector<Value> position_of_largest(NodeContext& node, Value x) {
  const int axis = axis_attribute(node, 0, x.shape().rank());
  const bool last = node.attributes().integer("select_last_index", 0) != 0;
  return {kept_or_dropped(node, argmax(x, axis, last ? Tie::last : Tie::first), {axis})};
}

std::vector<Value> arg_max(NodeContext& node) { return position_of_largest(node, node.input(0)); }
std::vector<Value> arg_min(NodeContext& node) { return position_of_largest(node, -node.input(0)); }

std::vector<Value> cum_sum(NodeContext& node) {
  const Value x = node.input(0);
  const bool exclusive = node.attributes().integer("exclusive", 0) != 0;
  const bool reverse = node.attributes().integer("reverse", 0) != 0;
  return {cumsum(x, axis_index(node, node.required_integer(1), x.shape().rank()),
                 exclusive ? Scan::exclusive : Scan::inclusive,
                 reverse ? Direction::backward : Direction::forward)};
}

std::vector<Value> cum_prod(NodeContext& node) {
  const int rank = node.input(0).shape().rank();
  const int axis = axis_index(node, node.required_integer(1), rank);
  const bool backward = node.attributes().integer("reverse", 0) != 0;
  const Value x = backward ? reverse(node.input(0), {axis}) : node.input(0);
  Value y = nn::cumprod(x, axis);
  if (node.attributes().integer("exclusive", 0) != 0) {
    const std::int64_t extent = x.shape()[axis];
    const Value one = full(node.graph(), {x.dtype(), x.shape().with(axis, 1)}, 1);
    y = concat({one, slice_axis(y, axis, 0, extent - 1)}, axis);
  }
  return {backward ? reverse(y, {axis}) : y};
}

std::vector<Value> k_largest(NodeContext& node, std::int64_t k) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, -1, x.shape().rank());
  if (k < 0 || k > x.shape()[axis])
    node.invalid(text("k in [0, ", x.shape()[axis], "] expected, ", k, " came"));
  const bool largest = node.attributes().integer("largest", 1) != 0;
  const Value last = swap_axes(largest ? x : -x, axis, -1);
  const Value positions = swap_axes(top_k(last, k), axis, -1);
  return {take_along_axis(x, positions, axis), positions};
}

std::vector<Value> top_k_by_attribute(NodeContext& node) {
  return k_largest(node, node.attributes().integer("k"));
}

std::vector<Value> top_k_by_input(NodeContext& node) {
  return k_largest(node, node.required_integer(1));
}

}  // namespace

void add_reduce_nodes(NodeTable& table) {
  add_reduction<sum>(table, "ReduceSum", 13);
  add_reduction<mean>(table, "ReduceMean");
  add_reduction<largest>(table, "ReduceMax");
  add_reduction<smallest>(table, "ReduceMin");
  add_reduction<product>(table, "ReduceProd");
  add_reduction<l1>(table, "ReduceL1");
  add_reduction<l2>(table, "ReduceL2");
  add_reduction<log_sum>(table, "ReduceLogSum");
  add_reduction<log_sum_exp>(table, "ReduceLogSumExp");
  add_reduction<sum_square>(table, "ReduceSumSquare");
  table.add("ArgMax", 1, arg_max);
  table.add("ArgMin", 1, arg_min);
  table.add("CumSum", 11, cum_sum);
  table.add("CumProd", 26, cum_prod);
  table.add("TopK", 1, top_k_by_attribute);
  table.add("TopK", 10, top_k_by_input);
}

}  // namespace palimpsest::onnx_import
