#pragma once
// Primitives that map one element to one element. `apply` is the functor that every
// device runs; `partial` is dy/dx. Conventions at kinks are torch's (docs/language.md).

#include <cmath>
#include <type_traits>

#include "graph/op.h"
#include "ops/host_device.h"

namespace palimpsest {

/// Base of unary primitives on f32 and f64: y has the type of x.
struct FloatUnary {
  TensorType infer(Types in) const;
  bool operator==(const FloatUnary&) const = default;
};

/// Base of unary primitives on every numeric type (f32, f64, i64).
struct NumericUnary {
  TensorType infer(Types in) const;
  bool operator==(const NumericUnary&) const = default;
};

struct Neg : NumericUnary {
  static constexpr std::string_view name = "neg";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return -x;
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// |x|; the derivative at 0 is 0.
struct Abs : NumericUnary {
  static constexpr std::string_view name = "abs";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return x < T{0} ? -x : (x == T{0} ? T{0} : x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Exp : FloatUnary {
  static constexpr std::string_view name = "exp";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::exp(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Expm1 : FloatUnary {
  static constexpr std::string_view name = "expm1";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::expm1(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Log : FloatUnary {
  static constexpr std::string_view name = "log";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::log(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Log1p : FloatUnary {
  static constexpr std::string_view name = "log1p";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::log1p(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// The derivative at 0 is +inf, as in torch; nn::l2_norm has 0 there.
struct Sqrt : FloatUnary {
  static constexpr std::string_view name = "sqrt";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::sqrt(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Rsqrt : FloatUnary {
  static constexpr std::string_view name = "rsqrt";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return T{1} / std::sqrt(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Reciprocal : FloatUnary {
  static constexpr std::string_view name = "reciprocal";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return T{1} / x;
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Sin : FloatUnary {
  static constexpr std::string_view name = "sin";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::sin(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Cos : FloatUnary {
  static constexpr std::string_view name = "cos";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::cos(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Tan : FloatUnary {
  static constexpr std::string_view name = "tan";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::tan(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Asin : FloatUnary {
  static constexpr std::string_view name = "asin";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::asin(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Acos : FloatUnary {
  static constexpr std::string_view name = "acos";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::acos(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Atan : FloatUnary {
  static constexpr std::string_view name = "atan";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::atan(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Sinh : FloatUnary {
  static constexpr std::string_view name = "sinh";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::sinh(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Cosh : FloatUnary {
  static constexpr std::string_view name = "cosh";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::cosh(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Asinh : FloatUnary {
  static constexpr std::string_view name = "asinh";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::asinh(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Acosh : FloatUnary {
  static constexpr std::string_view name = "acosh";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::acosh(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Atanh : FloatUnary {
  static constexpr std::string_view name = "atanh";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::atanh(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Tanh : FloatUnary {
  static constexpr std::string_view name = "tanh";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::tanh(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// 1/(1+exp(-x)), without overflow on either side.
struct Sigmoid : FloatUnary {
  static constexpr std::string_view name = "sigmoid";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    const T e = std::exp(x < T{0} ? x : -x);
    return (x < T{0} ? e : T{1}) / (T{1} + e);
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// log(1+exp(x)), without overflow.
struct Softplus : FloatUnary {
  static constexpr std::string_view name = "softplus";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return (x > T{0} ? x : T{0}) + std::log1p(std::exp(x < T{0} ? x : -x));
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Erf : FloatUnary {
  static constexpr std::string_view name = "erf";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::erf(x);
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// max(x, 0); the derivative at 0 is 0, the second derivative is 0 everywhere. NaN stays NaN.
struct Relu : FloatUnary {
  static constexpr std::string_view name = "relu";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return x <= T{0} ? T{0} : x;
  }
  Value partial(int operand, Operands x, Value y) const;
};

// ---- zero almost everywhere, or without a meaning for derivatives ----

struct Sign : NumericUnary {
  static constexpr std::string_view name = "sign";
  static constexpr bool inert = true;
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return x > T{0} ? T{1} : (x < T{0} ? T{-1} : x);
  }
};

struct Floor : FloatUnary {
  static constexpr std::string_view name = "floor";
  static constexpr bool inert = true;
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::floor(x);
  }
};

struct Ceil : FloatUnary {
  static constexpr std::string_view name = "ceil";
  static constexpr bool inert = true;
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::ceil(x);
  }
};

/// To the nearest integer, halves to even.
struct Round : FloatUnary {
  static constexpr std::string_view name = "round";
  static constexpr bool inert = true;
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    return std::nearbyint(x);
  }
};

/// Logical on bool, bitwise on i64.
struct Not {
  static constexpr std::string_view name = "not";
  static constexpr bool inert = true;
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T x) {
    if constexpr (std::is_same_v<T, bool>)
      return !x;
    else
      return ~x;
  }
  TensorType infer(Types in) const;
  bool operator==(const Not&) const = default;
};

/// f32/f64 -> bool.
struct IsNan {
  static constexpr std::string_view name = "is_nan";
  static constexpr bool inert = true;
  template <class T>
  PALIMPSEST_HOST_DEVICE static bool apply(T x) {
    return x != x;
  }
  TensorType infer(Types in) const;
  bool operator==(const IsNan&) const = default;
};

/// f32/f64 -> bool; true for +inf and -inf.
struct IsInf {
  static constexpr std::string_view name = "is_inf";
  static constexpr bool inert = true;
  template <class T>
  PALIMPSEST_HOST_DEVICE static bool apply(T x) {
    return x == x && x - x != T{0};  // inf - inf is NaN
  }
  TensorType infer(Types in) const;
  bool operator==(const IsInf&) const = default;
};

/// x itself, with no derivative: what is held constant (softmax's shift, a matching direction).
struct Detach {
  static constexpr std::string_view name = "detach";
  static constexpr bool inert = true;
  TensorType infer(Types in) const;
  bool operator==(const Detach&) const = default;
};

Value neg(Value x);
Value abs(Value x);
Value exp(Value x);
Value expm1(Value x);
Value log(Value x);
Value log1p(Value x);
Value sqrt(Value x);
Value rsqrt(Value x);
Value reciprocal(Value x);
Value sin(Value x);
Value cos(Value x);
Value tan(Value x);
Value asin(Value x);
Value acos(Value x);
Value atan(Value x);
Value sinh(Value x);
Value cosh(Value x);
Value asinh(Value x);
Value acosh(Value x);
Value atanh(Value x);
Value tanh(Value x);
Value sigmoid(Value x);
Value softplus(Value x);
Value erf(Value x);
Value relu(Value x);
Value sign(Value x);
Value floor(Value x);
Value ceil(Value x);
Value round(Value x);
Value logical_not(Value x);
Value is_nan(Value x);
Value is_inf(Value x);
Value detach(Value x);

}  // namespace palimpsest
