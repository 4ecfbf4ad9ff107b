// Softmax, its logarithm and its limit.

#include "ops/nn/softmax.h"

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "ops/source/source.h"

namespace palimpsest::onnx_import {
namespace {

using AlongAxis = Value (*)(Value, int);

template <AlongAxis f>
std::vector<Value> along_axis(NodeContext& node) {
  const Value x = node.input(0);
  return {f(x, axis_attribute(node, -1, x.shape().rank()))};
}

/// Before opset 13: over all axes from `axis` on, taken as one.
template <AlongAxis f>
std::vector<Value> flattened(NodeContext& node) {
  const Value x = node.input(0);
  const int axis = axis_attribute(node, 1, x.shape().rank());
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  for (int i = 0; i < x.shape().rank(); ++i) (i < axis ? rows : columns) *= x.shape()[i];
  return {reshape(f(reshape(x, Shape{rows, columns}), 1), x.shape())};
}

/// 1 at the first maximum, 0 elsewhere.
Value hardmax(Value x, int axis) {
  const Value places = iota(x.graph(), x.shape(), axis);
  return cast(equal(places, broadcast_to(argmax(x, axis), x.shape())), x.dtype());
}

template <AlongAxis f>
void add(NodeTable& table, std::string_view name) {
  table.add(name, 1, flattened<f>);
  table.add(name, 13, along_axis<f>);
}

}  // namespace

void add_softmax_nodes(NodeTable& table) {
  add<nn::softmax>(table, "Softmax");
  add<nn::log_softmax>(table, "LogSoftmax");
  add<hardmax>(table, "Hardmax");
}

}  // namespace palimpsest::onnx_import
