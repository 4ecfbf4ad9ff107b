#include "ops/pointwise/binary.h"

#include "graph/graph.h"
#include "graph/sources.h"
#include "ops/expect.h"
#include "ops/movement/movement.h"

namespace palimpsest {

TensorType NumericBinary::infer(Types in) const {
  expect_operands("numeric binary", in, 2);
  expect_number("numeric binary", in[0]);
  expect_equal("numeric binary", in[0], in[1]);
  return in[0];
}

TensorType Comparison::infer(Types in) const {
  expect_operands("comparison", in, 2);
  expect_equal("comparison", in[0], in[1]);
  return {DType::boolean, in[0].shape};
}

TensorType BitBinary::infer(Types in) const {
  expect_operands("bit operation", in, 2);
  expect_bits("bit operation", in[0]);
  expect_equal("bit operation", in[0], in[1]);
  return in[0];
}

namespace {

TensorType shift_type(std::string_view name, Types in) {
  expect_operands(name, in, 2);
  expect_dtype(name, in[0], DType::i64);
  expect_equal(name, in[0], in[1]);
  return in[0];
}

}  // namespace

TensorType ShiftLeft::infer(Types in) const { return shift_type(name, in); }
TensorType ShiftRight::infer(Types in) const { return shift_type(name, in); }

TensorType Select::infer(Types in) const {
  expect_operands(name, in, 3);
  expect_dtype(name, in[0], DType::boolean);
  expect_equal(name, in[1], in[2]);
  expect_equal(name, in[0], {DType::boolean, in[1].shape});
  return in[1];
}

TensorType Cast::infer(Types in) const {
  expect_operands(name, in, 1);
  return {to, in[0].shape};
}

std::string Cast::attributes() const { return std::string(name_of(to)); }

// ---- derivatives ----

namespace {

/// 1 where `condition`, 1/2 where a = b, else 0.
Value share_of(Value condition, Value a, Value b) {
  return select(equal(a, b), full_like(a, 0.5), cast(condition, a.dtype()));
}

/// b a^(b-1). Where a = b = 0 the base is replaced by 1, so that 0 * inf never appears, in
/// no order of differentiation; elsewhere 0 * a^-1 is 0 already and its b-derivative right.
Value pow_partial_of_base(Value a, Value b) {
  if (const auto exponent = filling_of(b)) {
    if (*exponent == 0) return zeros_like(a);
    return b * pow(a, full_like(b, *exponent - 1));
  }
  const Value hole = logical_and(equal(a, zeros_like(a)), equal(b, zeros_like(b)));
  return b * pow(select(hole, ones_like(a), a), b - 1);
}

/// a^b log(a). Where a = 0 the base is replaced by 1 before the logarithm; y itself is not
/// used there, because its own derivative by a may be infinite.
Value pow_partial_of_exponent(Value a, Value b) {
  const Value base = select(equal(a, zeros_like(a)), ones_like(a), a);
  return pow(base, b) * log(base);
}

}  // namespace

Value Add::partial(int, Operands, Value y) const { return ones_like(y); }

Value Sub::partial(int operand, Operands, Value y) const {
  return full_like(y, operand == 0 ? 1 : -1);
}

Value Mul::partial(int operand, Operands x, Value) const { return x[operand == 0 ? 1 : 0]; }

Value Div::partial(int operand, Operands x, Value y) const {
  return operand == 0 ? reciprocal(x[1]) : -(y / x[1]);
}

Value Pow::partial(int operand, Operands x, Value) const {
  return operand == 0 ? pow_partial_of_base(x[0], x[1]) : pow_partial_of_exponent(x[0], x[1]);
}

Value Fmod::partial(int operand, Operands x, Value y) const {
  // (a - y) / b is trunc(a / b) up to rounding, even where a / b itself rounds across an integer.
  return operand == 0 ? ones_like(y) : -round((x[0] - y) / x[1]);
}

Value Maximum::partial(int operand, Operands x, Value) const {
  const Value wins = operand == 0 ? less(x[1], x[0]) : less(x[0], x[1]);
  return share_of(wins, x[0], x[1]);
}

Value Minimum::partial(int operand, Operands x, Value) const {
  const Value wins = operand == 0 ? less(x[0], x[1]) : less(x[1], x[0]);
  return share_of(wins, x[0], x[1]);
}

Value Select::transpose(int operand, Operands x, Value ct) const {
  const Value zeros = zeros_like(ct);
  return operand == 1 ? select(x[0], ct, zeros) : select(x[0], zeros, ct);
}

Value Cast::transpose(int, Operands x, Value ct) const { return cast(ct, x[0].dtype()); }

// ---- builders ----

namespace {

struct Pair {
  Value a, b;
};

/// Both operands in their common shape.
Pair aligned(std::string_view name, Value a, Value b) {
  expect_equal_dtypes(name, a.type(), b.type());
  if (a.shape() == b.shape()) return {a, b};
  try {
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    return {broadcast_to(a, shape), broadcast_to(b, shape)};
  } catch (const ShapeError& error) {
    throw ShapeError(text(name, ": ", error.what()));
  }
}

template <class P>
Value binary(Pair pair) {
  return pair.a.graph().add(P{}, {pair.a, pair.b});
}

template <class P>
Value binary(Value a, Value b) {
  return binary<P>(aligned(P::name, a, b));
}

}  // namespace

Value add(Value a, Value b) {
  const Pair pair = aligned(Add::name, a, b);
  if (is_filled_with(a, 0)) return pair.b;
  if (is_filled_with(b, 0)) return pair.a;
  return binary<Add>(pair);
}

Value sub(Value a, Value b) {
  const Pair pair = aligned(Sub::name, a, b);
  return is_filled_with(b, 0) ? pair.a : binary<Sub>(pair);
}

// x * 0 stays, unless both are constants: it is NaN where x is not finite.
Value mul(Value a, Value b) {
  const Pair pair = aligned(Mul::name, a, b);
  const auto left = filling_of(a), right = filling_of(b);
  if (left && right && (*left == 0 || *right == 0) && std::isfinite(*left + *right))
    return zeros_like(pair.a);
  if (left == 1.0) return pair.b;
  if (right == 1.0) return pair.a;
  if (left == -1.0) return neg(pair.b);
  if (right == -1.0) return neg(pair.a);
  return binary<Mul>(pair);
}

Value div(Value a, Value b) {
  const Pair pair = aligned(Div::name, a, b);
  return is_filled_with(b, 1) ? pair.a : binary<Div>(pair);
}

Value pow(Value a, Value b) {
  const Pair pair = aligned(Pow::name, a, b);
  if (is_filled_with(b, 1)) return pair.a;
  if (is_filled_with(b, 2)) return mul(pair.a, pair.a);
  return binary<Pow>(pair);
}

Value fmod(Value a, Value b) { return binary<Fmod>(a, b); }
Value maximum(Value a, Value b) { return binary<Maximum>(a, b); }
Value minimum(Value a, Value b) { return binary<Minimum>(a, b); }
Value equal(Value a, Value b) { return binary<Equal>(a, b); }
Value less(Value a, Value b) { return binary<Less>(a, b); }
Value less_equal(Value a, Value b) { return binary<LessEqual>(a, b); }
Value greater(Value a, Value b) { return less(b, a); }
Value greater_equal(Value a, Value b) { return less_equal(b, a); }
Value logical_and(Value a, Value b) { return binary<And>(a, b); }
Value logical_or(Value a, Value b) { return binary<Or>(a, b); }
Value logical_xor(Value a, Value b) { return binary<Xor>(a, b); }
Value shift_left(Value a, Value b) { return binary<ShiftLeft>(a, b); }
Value shift_right(Value a, Value b) { return binary<ShiftRight>(a, b); }

Value select(Value condition, Value a, Value b) {
  expect_dtype(Select::name, condition.type(), DType::boolean);
  const Pair pair = aligned(Select::name, a, b);
  const Shape shape = broadcast_shape(condition.shape(), pair.a.shape());
  const Value yes = broadcast_to(pair.a, shape), no = broadcast_to(pair.b, shape);
  if (yes == no) return yes;
  if (const auto known = filling_of(condition)) return *known != 0 ? yes : no;
  return condition.graph().add(Select{}, {broadcast_to(condition, shape), yes, no});
}

Value cast(Value x, DType to) { return x.dtype() == to ? x : x.graph().add(Cast{to}, {x}); }

Value full(Graph& graph, const TensorType& type, double value) {
  const TensorType one{type.dtype, ones_shape(type.shape.rank())};
  return broadcast_to(graph.constant(Literal::filled(one, value)), type.shape);
}

Value full_like(Value x, double value) { return full(x.graph(), x.type(), value); }

Value operator+(Value x, double value) { return x + full_like(x, value); }
Value operator-(Value x, double value) { return x - full_like(x, value); }
Value operator*(Value x, double value) { return x * full_like(x, value); }
Value operator/(Value x, double value) { return x / full_like(x, value); }
Value operator-(double value, Value x) { return full_like(x, value) - x; }
Value operator*(double value, Value x) { return full_like(x, value) * x; }
Value operator/(double value, Value x) { return full_like(x, value) / x; }

std::optional<double> filling_of(Value x) {
  while (x.node().op.as<Broadcast>() || x.node().op.as<Reshape>()) x = x.node().inputs[0];
  const Literal* literal = constant_of(x);
  if (!literal || literal->elements() != 1) return {};
  return literal->doubles().front();
}

bool is_filled_with(Value x, double value) { return filling_of(x) == value; }

}  // namespace palimpsest
