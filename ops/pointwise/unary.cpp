#include "ops/pointwise/unary.h"

#include <numbers>

#include "graph/graph.h"
#include "ops/expect.h"
#include "ops/pointwise/binary.h"

namespace palimpsest {

TensorType FloatUnary::infer(Types in) const {
  expect_operands("float unary", in, 1);
  expect_float("float unary", in[0]);
  return in[0];
}

TensorType NumericUnary::infer(Types in) const {
  expect_operands("numeric unary", in, 1);
  expect_number("numeric unary", in[0]);
  return in[0];
}

TensorType Not::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_bits(name, in[0]);
  return in[0];
}

TensorType IsNan::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_float(name, in[0]);
  return {DType::boolean, in[0].shape};
}

TensorType IsInf::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_float(name, in[0]);
  return {DType::boolean, in[0].shape};
}

TensorType Detach::infer(Types in) const {
  expect_operands(name, in, 1);
  return in[0];
}

// ---- derivatives ----

namespace {

/// 1 - x^2 without cancellation near the ends of [-1, 1].
Value one_minus_square(Value x) { return (1 - x) * (x + 1); }

}  // namespace

Value Neg::partial(int, Operands, Value y) const { return full_like(y, -1); }
Value Abs::partial(int, Operands x, Value) const { return sign(x[0]); }
Value Exp::partial(int, Operands, Value y) const { return y; }
// Not y + 1, which cancels where x is far below 0.
Value Expm1::partial(int, Operands x, Value) const { return exp(x[0]); }
Value Log::partial(int, Operands x, Value) const { return reciprocal(x[0]); }
Value Log1p::partial(int, Operands x, Value) const { return reciprocal(x[0] + 1); }
Value Sqrt::partial(int, Operands, Value y) const { return 0.5 / y; }
Value Rsqrt::partial(int, Operands, Value y) const { return -0.5 * (y * y * y); }
Value Reciprocal::partial(int, Operands, Value y) const { return -(y * y); }
Value Sin::partial(int, Operands x, Value) const { return cos(x[0]); }
Value Cos::partial(int, Operands x, Value) const { return -sin(x[0]); }
Value Tan::partial(int, Operands, Value y) const { return y * y + 1; }
Value Asin::partial(int, Operands x, Value) const { return rsqrt(one_minus_square(x[0])); }
Value Acos::partial(int, Operands x, Value) const { return -rsqrt(one_minus_square(x[0])); }
Value Atan::partial(int, Operands x, Value) const { return reciprocal(x[0] * x[0] + 1); }
Value Sinh::partial(int, Operands x, Value) const { return cosh(x[0]); }
Value Cosh::partial(int, Operands x, Value) const { return sinh(x[0]); }
Value Asinh::partial(int, Operands x, Value) const { return rsqrt(x[0] * x[0] + 1); }
Value Acosh::partial(int, Operands x, Value) const { return rsqrt((x[0] - 1) * (x[0] + 1)); }
Value Atanh::partial(int, Operands x, Value) const { return reciprocal(one_minus_square(x[0])); }
Value Tanh::partial(int, Operands, Value y) const { return 1 - y * y; }
Value Sigmoid::partial(int, Operands, Value y) const { return y * (1 - y); }
Value Softplus::partial(int, Operands x, Value) const { return sigmoid(x[0]); }
Value Erf::partial(int, Operands x, Value) const {
  return 2 * std::numbers::inv_sqrtpi * exp(-(x[0] * x[0]));
}
// y > 0 exactly where x > 0, and y is kept anyway, as the operand of what follows.
Value Relu::partial(int, Operands, Value y) const {
  return cast(less(zeros_like(y), y), y.dtype());
}

// ---- builders ----

namespace {

/// Checks here and not only in infer, which does not know the name of its primitive.
template <class P>
Value unary(Value x) {
  if constexpr (std::is_base_of_v<FloatUnary, P>) expect_float(P::name, x.type());
  if constexpr (std::is_base_of_v<NumericUnary, P>) expect_number(P::name, x.type());
  return x.graph().add(P{}, {x});
}

}  // namespace

Value neg(Value x) {
  const Node& node = x.node();
  return node.op.as<Neg>() ? node.inputs[0] : unary<Neg>(x);
}
Value abs(Value x) { return unary<Abs>(x); }
Value exp(Value x) { return unary<Exp>(x); }
Value expm1(Value x) { return unary<Expm1>(x); }
Value log(Value x) { return unary<Log>(x); }
Value log1p(Value x) { return unary<Log1p>(x); }
Value sqrt(Value x) { return unary<Sqrt>(x); }
Value rsqrt(Value x) { return unary<Rsqrt>(x); }
Value reciprocal(Value x) { return unary<Reciprocal>(x); }
Value sin(Value x) { return unary<Sin>(x); }
Value cos(Value x) { return unary<Cos>(x); }
Value tan(Value x) { return unary<Tan>(x); }
Value asin(Value x) { return unary<Asin>(x); }
Value acos(Value x) { return unary<Acos>(x); }
Value atan(Value x) { return unary<Atan>(x); }
Value sinh(Value x) { return unary<Sinh>(x); }
Value cosh(Value x) { return unary<Cosh>(x); }
Value asinh(Value x) { return unary<Asinh>(x); }
Value acosh(Value x) { return unary<Acosh>(x); }
Value atanh(Value x) { return unary<Atanh>(x); }
Value tanh(Value x) { return unary<Tanh>(x); }
Value sigmoid(Value x) { return unary<Sigmoid>(x); }
Value softplus(Value x) { return unary<Softplus>(x); }
Value erf(Value x) { return unary<Erf>(x); }
Value relu(Value x) { return unary<Relu>(x); }
Value sign(Value x) { return unary<Sign>(x); }
Value floor(Value x) { return unary<Floor>(x); }
Value ceil(Value x) { return unary<Ceil>(x); }
Value round(Value x) { return unary<Round>(x); }
Value logical_not(Value x) { return unary<Not>(x); }
Value is_nan(Value x) { return unary<IsNan>(x); }
Value is_inf(Value x) { return unary<IsInf>(x); }
Value detach(Value x) { return x.node().op.as<Detach>() ? x : unary<Detach>(x); }

}  // namespace palimpsest
