// Test rows of the elementwise primitives. Points lie away from kinks and poles; what holds at
// a kink is in tests/autodiff/kinks_test.cpp.

#include <functional>

#include "ops/pointwise/binary.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {
namespace {

constexpr int samples = 30;

Shape small_shape(Sampler& s) { return s.shape(static_cast<int>(s.integer(0, 3)), 1, 3); }

bool off_integers(double x) {
  const double part = x - std::floor(x);
  return part > 0.05 && part < 0.95 && std::abs(part - 0.5) > 0.05;
}

using Unary = Value (*)(Value);
using Binary = Value (*)(Value, Value);

/// f(x) with x uniform in [low, high], given in tenths.
template <Unary f, int low, int high>
Case on_range(Sampler& s) {
  Case c;
  c.function.outputs = {f(c.input(s.tensor(small_shape(s), low / 10.0, high / 10.0)))};
  return c;
}

/// f(x) with x of either sign, not near 0.
template <Unary f>
Case off_zero(Sampler& s) {
  Case c;
  c.function.outputs = {f(c.input(s.away_from_zero(small_shape(s), 0.1, 2)))};
  return c;
}

/// A step function times x: the steps have no derivative, the product rule sees their value.
template <Unary step>
Case steps(Sampler& s) {
  Case c;
  const Value x = c.input(s.tensor(small_shape(s), -3, 3, off_integers));
  c.function.outputs = {step(x) * x};
  return c;
}

/// A predicate of x chooses between two smooth functions of x.
template <Unary predicate>
Case chosen_by(Sampler& s) {
  Case c;
  const Value x = c.input(s.away_from_zero(small_shape(s), 0.1, 2));
  c.function.outputs = {select(predicate(x), x * x, sin(x))};
  return c;
}

Value not_negative(Value x) { return logical_not(less(x, zeros_like(x))); }
/// 0/x and 1/0 reached from data: NaN and infinity where x is negative.
Value nan_where_negative(Value x) { return is_nan(log(x)); }
Value infinite_where_negative(Value x) { return is_inf(reciprocal(relu(x))); }

/// A value that is independent of what detach hides.
Case detached(Sampler& s) {
  Case c;
  const Value x = c.input(s.tensor(small_shape(s), -1, 1)), shift = detach(x);
  c.function.outputs = {exp(x - shift) * exp(shift)};
  return c;
}

template <class F>
Literal combined(const Literal& a, const Literal& b, F f) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < a.elements(); ++i)
    values.push_back(f(a.values<double>()[static_cast<std::size_t>(i)],
                       b.values<double>()[static_cast<std::size_t>(i)]));
  return Literal::of(a.shape(), values);
}

/// f(a, b) with b of either sign but not near 0; sometimes one operand is broadcast.
template <Binary f>
Case of_two(Sampler& s) {
  Case c;
  Shape first = s.shape(2, 1, 3), second = first;
  Shape& smaller = s.coin() ? first : second;
  if (s.coin()) smaller = s.coin() ? smaller.with(0, 1) : Shape{smaller[1]};
  const Value a = c.input(s.tensor(first, -2, 2));
  const Value b = c.input(s.away_from_zero(second, 0.4, 2));
  c.function.outputs = {f(a, b)};
  return c;
}

/// f(x, g(x)): the contributions of both operands add up.
template <Binary f>
Case of_one_twice(Sampler& s) {
  Case c;
  const Value x = c.input(s.away_from_zero(small_shape(s), 0.5, 2));
  c.function.outputs = {f(x, sin(x) + 3.0)};
  return c;
}

/// f(a, b) where a and b differ by at least 0.1 everywhere.
template <Binary f>
Case of_unequal(Sampler& s) {
  Case c;
  const Shape shape = small_shape(s);
  const Literal first = s.tensor(shape, -1, 1), gap = s.away_from_zero(shape, 0.1, 1);
  const Value a = c.input(first), b = c.input(combined(first, gap, std::plus<>{}));
  c.function.outputs = {f(a, b) * (a + b * b)};
  return c;
}

Case positive_power(Sampler& s) {
  Case c;
  const Shape shape = small_shape(s);
  const Value a = c.input(s.tensor(shape, 0.3, 2.5)), b = c.input(s.tensor(shape, -2, 3));
  c.function.outputs = {pow(a, b)};
  return c;
}

/// Bases of either sign are allowed when the exponent is a whole number.
Case whole_power(Sampler& s) {
  Case c;
  const Value a = c.input(s.away_from_zero(small_shape(s), 0.3, 2));
  c.function.outputs = {pow(a, full_like(a, s.one_of({-3.0, -2.0, 3.0, 4.0})))};
  return c;
}

/// Dividend and divisor whose quotient is no integer.
Case remainder(Sampler& s) {
  Case c;
  const Shape shape = small_shape(s);
  const Literal quotient = s.tensor(shape, -3, 3, off_integers);
  const Literal divisor = s.away_from_zero(shape, 0.5, 2);
  const Value a = c.input(combined(quotient, divisor, std::multiplies<>{})), b = c.input(divisor);
  c.function.outputs = {fmod(a, b) * a};
  return c;
}

/// A comparison of signs, which are often equal, chooses between product and difference.
template <Binary comparison>
Case compared(Sampler& s) {
  Case c;
  const Shape shape = small_shape(s);
  const Value a = c.input(s.away_from_zero(shape, 0.2, 1));
  const Value b = c.input(s.away_from_zero(shape, 1.2, 2));
  c.function.outputs = {select(comparison(sign(a), sign(b)), a * b, a - b)};
  return c;
}

/// Masks of two inputs, combined, choose.
template <Binary logic>
Case masked(Sampler& s) {
  Case c;
  const Shape shape = small_shape(s);
  const Value a = c.input(s.away_from_zero(shape, 0.2, 1));
  const Value b = c.input(s.away_from_zero(shape, 0.2, 1));
  const Value mask = logic(less(a, zeros_like(a)), less(zeros_like(b), b));
  c.function.outputs = {select(mask, a * b, exp(a) - b)};
  return c;
}

/// Integer arithmetic makes a factor.
template <Binary operation>
Case integer_factor(Sampler& s) {
  Case c;
  const Shape shape = small_shape(s);
  const Value x = c.input(s.tensor(shape, -1, 1));
  const Value whole = operation(c.constant(s.indices(shape, 64)), c.constant(s.indices(shape, 5)));
  c.function.outputs = {cast(whole, DType::f64) * sin(x)};
  return c;
}

Case selected(Sampler& s) {
  Case c;
  const Shape shape = small_shape(s);
  const Value draw = c.constant(s.tensor(shape, -1, 1));
  const Value mask = less(draw, zeros_like(draw));
  const Value a = c.input(s.tensor(shape, -1, 1)), b = c.input(s.tensor(shape, -1, 1));
  c.function.outputs = {select(mask, a * b, a + b * b)};
  return c;
}

/// To f32 and back. The steps of the difference quotient are powers of two and the points
/// multiples of 1/8, so that f32 holds all of them exactly.
Case narrowed(Sampler& s) {
  Case c;
  const Shape shape = small_shape(s);
  std::vector<double> eighths = s.indices(shape, 31).doubles();
  for (double& value : eighths) value = value / 8 - 2;
  const Value x = c.input(Literal::of(shape, eighths));
  const Value there_and_back = cast(cast(x, DType::f32), DType::f64);
  c.function.outputs = {there_and_back * there_and_back};
  return c;
}

void add_smooth_unary(Rows& rows) {
  rows.add(Neg::name, "smooth", samples, on_range<neg, -20, 20>);
  rows.add(Exp::name, "smooth", samples, on_range<exp, -20, 20>);
  rows.add(Expm1::name, "smooth", samples, on_range<expm1, -20, 20>);
  rows.add(Log::name, "smooth", samples, on_range<log, 3, 30>);
  rows.add(Log1p::name, "smooth", samples, on_range<log1p, -6, 30>);
  rows.add(Sqrt::name, "smooth", samples, on_range<sqrt, 3, 30>);
  rows.add(Rsqrt::name, "smooth", samples, on_range<rsqrt, 3, 30>);
  rows.add(Reciprocal::name, "smooth", samples, on_range<reciprocal, 4, 30>);
  rows.add(Reciprocal::name, "negative", samples, on_range<reciprocal, -30, -4>);
  rows.add(Sin::name, "smooth", samples, on_range<sin, -30, 30>);
  rows.add(Cos::name, "smooth", samples, on_range<cos, -30, 30>);
  rows.add(Tan::name, "smooth", samples, on_range<tan, -10, 10>);
  rows.add(Asin::name, "smooth", samples, on_range<asin, -7, 7>);
  rows.add(Acos::name, "smooth", samples, on_range<acos, -7, 7>);
  rows.add(Atan::name, "smooth", samples, on_range<atan, -20, 20>);
  rows.add(Sinh::name, "smooth", samples, on_range<sinh, -20, 20>);
  rows.add(Cosh::name, "smooth", samples, on_range<cosh, -20, 20>);
  rows.add(Asinh::name, "smooth", samples, on_range<asinh, -20, 20>);
  rows.add(Acosh::name, "smooth", samples, on_range<acosh, 15, 40>);
  rows.add(Atanh::name, "smooth", samples, on_range<atanh, -7, 7>);
  rows.add(Tanh::name, "smooth", samples, on_range<tanh, -20, 20>);
  rows.add(Sigmoid::name, "smooth", samples, on_range<sigmoid, -40, 40>);
  rows.add(Softplus::name, "smooth", samples, on_range<softplus, -40, 40>);
  rows.add(Erf::name, "smooth", samples, on_range<erf, -15, 15>);
  rows.add(Abs::name, "either side of 0", samples, off_zero<abs>);
  rows.add(Relu::name, "either side of 0", samples, off_zero<relu>);
}

void add_inert_unary(Rows& rows) {
  rows.add(Sign::name, "steps", samples, steps<sign>);
  rows.add(Floor::name, "steps", samples, steps<floor>);
  rows.add(Ceil::name, "steps", samples, steps<ceil>);
  rows.add(Round::name, "steps", samples, steps<round>);
  rows.add(Not::name, "chooses", samples, chosen_by<not_negative>);
  rows.add(IsNan::name, "chooses", samples, chosen_by<nan_where_negative>);
  rows.add(IsInf::name, "chooses", samples, chosen_by<infinite_where_negative>);
  rows.add(Detach::name, "shift", samples, detached);
}

void add_binary(Rows& rows) {
  rows.add(Add::name, "broadcast", samples, of_two<add>);
  rows.add(Sub::name, "broadcast", samples, of_two<sub>);
  rows.add(Mul::name, "broadcast", samples, of_two<mul>);
  rows.add(Div::name, "broadcast", samples, of_two<div>);
  rows.add(Add::name, "shared operand", samples, of_one_twice<add>);
  rows.add(Sub::name, "shared operand", samples, of_one_twice<sub>);
  rows.add(Mul::name, "shared operand", samples, of_one_twice<mul>);
  rows.add(Div::name, "shared operand", samples, of_one_twice<div>);
  rows.add(Maximum::name, "unequal", samples, of_unequal<maximum>);
  rows.add(Minimum::name, "unequal", samples, of_unequal<minimum>);
  rows.add(Pow::name, "positive base", samples, positive_power);
  rows.add(Pow::name, "whole exponent", samples, whole_power);
  rows.add(Fmod::name, "off multiples", samples, remainder);
  rows.add(Select::name, "mask", samples, selected);
  rows.add(Cast::name, "through f32", samples, narrowed);
}

void add_masks(Rows& rows) {
  rows.add(Equal::name, "chooses", samples, compared<equal>);
  rows.add(Less::name, "chooses", samples, compared<less>);
  rows.add(LessEqual::name, "chooses", samples, compared<less_equal>);
  rows.add(And::name, "chooses", samples, masked<logical_and>);
  rows.add(Or::name, "chooses", samples, masked<logical_or>);
  rows.add(Xor::name, "chooses", samples, masked<logical_xor>);
  rows.add(ShiftLeft::name, "factor", samples, integer_factor<shift_left>);
  rows.add(ShiftRight::name, "factor", samples, integer_factor<shift_right>);
}

}  // namespace

void add_pointwise_cases(Rows& rows) {
  add_smooth_unary(rows);
  add_inert_unary(rows);
  add_binary(rows);
  add_masks(rows);
}

}  // namespace palimpsest::testing
