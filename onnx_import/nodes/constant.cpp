// Tensors that come from no operand.

#include <algorithm>
#include <cmath>

#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/pointwise/binary.h"
#include "ops/source/source.h"

namespace palimpsest::onnx_import {
namespace {

template <class T>
Literal vector_of(const std::vector<T>& values) {
  return Literal::of(Shape{static_cast<std::int64_t>(values.size())}, values);
}

std::vector<Value> constant(NodeContext& node) {
  const Attributes& attributes = node.attributes();
  if (attributes.has("value")) return {node.constant(node.tensor("value"))};
  if (attributes.has("value_float"))
    return {node.constant(Literal::scalar(attributes.real("value_float")))};
  if (attributes.has("value_int"))
    return {node.constant(Literal::scalar(attributes.integer("value_int")))};
  if (attributes.has("value_floats"))
    return {node.constant(vector_of(attributes.reals("value_floats")))};
  if (attributes.has("value_ints"))
    return {node.constant(vector_of(attributes.integers("value_ints")))};
  for (const std::string_view kind : {"sparse_value", "value_string", "value_strings"})
    if (attributes.has(kind)) node.unsupported(text("attribute '", kind, "'"));
  node.invalid("no value");
}

std::vector<Value> constant_of_shape(NodeContext& node) {
  const Shape shape(node.required_integers(0));
  if (!node.attributes().has("value")) return {full(node.graph(), {node.float_type(), shape}, 0)};
  const Literal value = node.tensor("value");
  if (value.elements() != 1)
    node.invalid(text("value: one element expected, ", value.type(), " came"));
  return {full(node.graph(), {value.dtype(), shape}, value.doubles().front())};
}

constexpr double max_range = 1 << 28;

/// start, start + delta, ... before limit.
std::vector<Value> range(NodeContext& node) {
  const Literal start = node.required(0);
  const double first = node.required_real(0);
  const double step = node.required_real(2);
  const double count = std::ceil((node.required_real(1) - first) / step);
  if (std::isnan(count) || count > max_range)
    node.invalid(text("a range of at most ", max_range, " elements expected, ", count, " came"));
  const Shape shape{static_cast<std::int64_t>(std::max(count, 0.0))};
  const TensorType type{start.dtype(), shape};
  const Value steps = cast(iota(node.graph(), shape, 0), start.dtype());
  return {full(node.graph(), type, first) + steps * full(node.graph(), type, step)};
}

std::vector<Value> eye_like(NodeContext& node) {
  const Value x = node.input(0);
  if (x.shape().rank() != 2) node.invalid(text("a matrix expected, ", x.shape(), " came"));
  const DType dtype = node.attributes().has("dtype")
                          ? node.dtype_of(node.attributes().integer("dtype"))
                          : x.dtype();
  const std::int64_t k =
      std::clamp<std::int64_t>(node.attributes().integer("k", 0), -x.shape()[0], x.shape()[1]);
  const Value row = iota(node.graph(), x.shape(), 0);
  const Value diagonal = row + full_like(row, static_cast<double>(k));
  return {cast(equal(iota(node.graph(), x.shape(), 1), diagonal), dtype)};
}

/// Windows of signal processing: a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N).
Value cosine_window(NodeContext& node, double a0, double a1, double a2) {
  const std::int64_t size = node.required_integer(0);
  if (size < 0 || static_cast<double>(size) > max_range)
    node.invalid(text("size in [0, 2^28] expected, ", size, " came"));
  const bool periodic = node.attributes().integer("periodic", 1) != 0;
  const double period = static_cast<double>(periodic ? size : size - 1);
  std::vector<double> values;
  for (std::int64_t n = 0; n < size; ++n) {
    const double angle = 2 * M_PI * static_cast<double>(n) / period;
    values.push_back(a0 - a1 * std::cos(angle) + a2 * std::cos(2 * angle));
  }
  return node.constant(vector_of(values));
}

std::vector<Value> hann_window(NodeContext& node) { return {cosine_window(node, 0.5, 0.5, 0)}; }

std::vector<Value> hamming_window(NodeContext& node) {
  return {cosine_window(node, 25.0 / 46.0, 21.0 / 46.0, 0)};
}

std::vector<Value> blackman_window(NodeContext& node) {
  return {cosine_window(node, 0.42, 0.5, 0.08)};
}

}  // namespace

void add_constant_nodes(NodeTable& table) {
  table.add("Constant", 1, constant);
  table.add("ConstantOfShape", 9, constant_of_shape);
  table.add("Range", 11, range);
  table.add("EyeLike", 9, eye_like);
  table.add("HannWindow", 17, hann_window);
  table.add("HammingWindow", 17, hamming_window);
  table.add("BlackmanWindow", 17, blackman_window);
}

}  // namespace palimpsest::onnx_import
