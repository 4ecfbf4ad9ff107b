// Elementwise arithmetic of one, two and any number of operands.

#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

template <Value (*f)(Value)>
std::vector<Value> unary(NodeContext& node) {
  return {f(node.input(0))};
}

template <Value (*f)(Value, Value)>
std::vector<Value> binary(NodeContext& node) {
  return {f(node.input(0), node.input(1))};
}

/// Before opset 7: with broadcast = 1, b's shape lies within a's, beginning at `axis`.
template <Value (*f)(Value, Value)>
std::vector<Value> binary_at_axis(NodeContext& node) {
  const Value a = node.input(0);
  const Value b = node.input(1);
  if (node.attributes().integer("broadcast", 0) == 0 || !node.attributes().has("axis"))
    return {f(a, b)};
  const std::int64_t axis = node.attributes().integer("axis");
  const int before = static_cast<int>(axis < 0 ? axis + a.shape().rank() : axis);
  const int after = a.shape().rank() - before - b.shape().rank();
  if (before < 0 || after < 0)
    node.invalid(text("axis ", axis, " does not place ", b.shape(), " within ", a.shape()));
  std::vector<std::int64_t> extents(b.shape().begin(), b.shape().end());
  extents.insert(extents.end(), static_cast<std::size_t>(after), 1);
  return {f(a, reshape(b, Shape(std::move(extents))))};
}

template <Value (*f)(Value, Value)>
Value fold_left(NodeContext& node) {
  Value result = node.input(0);
  for (std::size_t i = 1; i < node.input_count(); ++i) result = f(result, node.input(i));
  return result;
}

template <Value (*f)(Value, Value)>
std::vector<Value> variadic(NodeContext& node) {
  return {fold_left<f>(node)};
}

std::vector<Value> mean(NodeContext& node) {
  return {fold_left<add>(node) / static_cast<double>(node.input_count())};
}

/// The result has the type of the base, whatever the type of the exponent.
std::vector<Value> power(NodeContext& node) {
  const Value base = node.input(0);
  const Value exponent = node.input(1);
  if (is_filled_with(exponent, 2) && exponent.shape().elements() == 1 &&
      exponent.shape().rank() <= base.shape().rank())
    return {base * base};
  if (is_float(base.dtype())) return {pow(base, cast(exponent, base.dtype()))};
  // Integers in floating point: exact up to 2^53, and negative exponents do not trap.
  const Value result = pow(cast(base, DType::f64), cast(exponent, DType::f64));
  return {cast(result, base.dtype())};
}

/// fmod = 1: the sign of the dividend; else that of the divisor.
std::vector<Value> modulo(NodeContext& node) {
  const Value a = node.input(0);
  const Value b = node.input(1);
  const Value remainder = fmod(a, b);
  if (node.attributes().integer("fmod", 0) != 0) return {remainder};
  const Value zero = zeros_like(remainder);
  const Value differs = logical_xor(less(remainder, zero), less(b, zero));
  const Value shifted = logical_and(differs, logical_not(equal(remainder, zero)));
  return {select(shifted, remainder + b, remainder)};
}

/// Of unsigned integers only: the width of signed ones is not kept.
std::vector<Value> bit_shift(NodeContext& node) {
  if (node.opset() >= 28) node.unsupported("shifts of signed integers");
  const std::string direction = node.attributes().string("direction", "");
  if (direction == "RIGHT") return {shift_right(node.input(0), node.input(1))};
  if (direction == "LEFT") return {shift_left(node.input(0), node.input(1))};
  node.invalid(text("direction LEFT or RIGHT expected, '", direction, "' came"));
}

}  // namespace

void add_arithmetic_nodes(NodeTable& table) {
  table.add("Add", 1, binary_at_axis<add>);
  table.add("Add", 7, binary<add>);
  table.add("Sub", 1, binary_at_axis<sub>);
  table.add("Sub", 7, binary<sub>);
  table.add("Mul", 1, binary_at_axis<mul>);
  table.add("Mul", 7, binary<mul>);
  table.add("Div", 1, binary_at_axis<div>);
  table.add("Div", 7, binary<div>);
  table.add("Pow", 1, binary_at_axis<pow>);
  table.add("Pow", 7, power);
  table.add("Mod", 10, modulo);
  table.add("Max", 1, variadic<maximum>);
  table.add("Min", 1, variadic<minimum>);
  table.add("Sum", 1, variadic<add>);
  table.add("Mean", 1, mean);
  table.add("BitShift", 11, bit_shift);

  table.add("Neg", 1, unary<neg>);
  table.add("Abs", 1, unary<abs>);
  table.add("Exp", 1, unary<exp>);
  table.add("Log", 1, unary<log>);
  table.add("Sqrt", 1, unary<sqrt>);
  table.add("Reciprocal", 1, unary<reciprocal>);
  table.add("Sin", 7, unary<sin>);
  table.add("Cos", 7, unary<cos>);
  table.add("Tan", 7, unary<tan>);
  table.add("Asin", 7, unary<asin>);
  table.add("Acos", 7, unary<acos>);
  table.add("Atan", 7, unary<atan>);
  table.add("Sinh", 9, unary<sinh>);
  table.add("Cosh", 9, unary<cosh>);
  table.add("Asinh", 9, unary<asinh>);
  table.add("Acosh", 9, unary<acosh>);
  table.add("Atanh", 9, unary<atanh>);
  table.add("Erf", 9, unary<erf>);
  table.add("Sign", 9, unary<sign>);
  table.add("Floor", 1, unary<floor>);
  table.add("Ceil", 1, unary<ceil>);
  table.add("Round", 11, unary<round>);
}

}  // namespace palimpsest::onnx_import
