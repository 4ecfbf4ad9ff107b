#include <cmath>

#include "ops/pointwise/binary.h"
#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

Value simplified_add(Value a, Value b) {
  if (is_filled_with(a, 0)) return b;
  if (is_filled_with(b, 0)) return a;
  if (const Value negated = behind<Neg>(b)) return a - negated;
  if (const Value negated = behind<Neg>(a)) return b - negated;
  return {};
}

Value simplified_sub(Value a, Value b) {
  if (is_filled_with(b, 0)) return a;
  if (is_filled_with(a, 0)) return -b;
  if (const Value negated = behind<Neg>(b)) return a + negated;
  return {};
}

Value simplified_mul(Value a, Value b) {
  if (is_filled_with(a, 1)) return b;
  if (is_filled_with(b, 1)) return a;
  if (is_filled_with(a, -1)) return -b;
  if (is_filled_with(b, -1)) return -a;
  const Value left = behind<Neg>(a), right = behind<Neg>(b);
  return left && right ? left * right : Value{};
}

/// True when 1/x is exact and normal, so that multiplying by it is dividing by x.
bool has_exact_reciprocal(double x, DType dtype) {
  int exponent = 0;
  const int largest = dtype == DType::f32 ? 126 : 1022;
  return std::isfinite(x) && std::abs(std::frexp(x, &exponent)) == 0.5 &&
         std::abs(exponent - 1) <= largest;
}

Value simplified_div(Value a, Value b) {
  if (is_filled_with(b, 1)) return a;
  const auto divisor = filling_of(b);
  if (divisor && is_float(a.dtype()) && has_exact_reciprocal(*divisor, a.dtype()))
    return a * (1 / *divisor);
  return {};
}

/// The conventions of pow's derivative at 0 do not matter here, after differentiation.
Value simplified_pow(Value a, Value b) {
  const auto exponent = filling_of(b);
  if (!exponent) return {};
  if (*exponent == 1) return a;
  if (*exponent == 2) return a * a;
  if (!is_float(a.dtype())) return {};
  if (*exponent == 0.5) return sqrt(a);
  if (*exponent == -1) return reciprocal(a);
  return {};
}

}  // namespace

Value simplified_arithmetic(const Op& op, Operands x) {
  if (op.as<Add>()) return simplified_add(x[0], x[1]);
  if (op.as<Sub>()) return simplified_sub(x[0], x[1]);
  if (op.as<Mul>()) return simplified_mul(x[0], x[1]);
  if (op.as<Div>()) return simplified_div(x[0], x[1]);
  if (op.as<Pow>()) return simplified_pow(x[0], x[1]);
  if (op.as<Neg>()) return behind<Neg>(x[0]);
  return {};
}

}  // namespace palimpsest::passes
