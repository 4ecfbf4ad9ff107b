// Comparisons, logic on bool and bits, and the choice between two tensors.

#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

template <Value (*f)(Value, Value)>
std::vector<Value> binary(NodeContext& node) {
  return {f(node.input(0), node.input(1))};
}

std::vector<Value> negation(NodeContext& node) { return {logical_not(node.input(0))}; }

std::vector<Value> where(NodeContext& node) {
  return {select(node.input(0), node.input(1), node.input(2))};
}

std::vector<Value> nan(NodeContext& node) { return {is_nan(node.input(0))}; }

std::vector<Value> infinite(NodeContext& node) {
  const Value x = node.input(0);
  const Value zero = zeros_like(x);
  Value result = is_inf(x);
  if (node.attributes().integer("detect_negative", 1) == 0)
    result = logical_and(result, greater(x, zero));
  if (node.attributes().integer("detect_positive", 1) == 0)
    result = logical_and(result, less(x, zero));
  return {result};
}

}  // namespace

void add_comparison_nodes(NodeTable& table) {
  table.add("Equal", 7, binary<equal>);
  table.add("Less", 7, binary<less>);
  table.add("LessOrEqual", 12, binary<less_equal>);
  table.add("Greater", 7, binary<greater>);
  table.add("GreaterOrEqual", 12, binary<greater_equal>);
  table.add("And", 7, binary<logical_and>);
  table.add("Or", 7, binary<logical_or>);
  table.add("Xor", 7, binary<logical_xor>);
  table.add("Not", 1, negation);
  table.add("BitwiseAnd", 18, binary<logical_and>);
  table.add("BitwiseOr", 18, binary<logical_or>);
  table.add("BitwiseXor", 18, binary<logical_xor>);
  table.add("Where", 9, where);
  table.add("IsNaN", 9, nan);
  table.add("IsInf", 10, infinite);
}

}  // namespace palimpsest::onnx_import
