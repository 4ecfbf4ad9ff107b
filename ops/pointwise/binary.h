#pragma once
// Primitives that map two elements of equal type to one, plus select and cast. Kernels see
// equal shapes: the builders below insert the broadcasts (numpy's rule).

#include <optional>
#include <type_traits>

#include "ops/pointwise/unary.h"

namespace palimpsest {

/// Base of binary primitives on f32, f64 and i64: both operands and y have one type.
struct NumericBinary {
  TensorType infer(Types in) const;
  bool operator==(const NumericBinary&) const = default;
};

/// Base of comparisons: operands of one type and shape, y is bool.
struct Comparison {
  static constexpr bool inert = true;
  TensorType infer(Types in) const;
  bool operator==(const Comparison&) const = default;
};

/// Base of operations on bool (logical) and i64 (bitwise).
struct BitBinary {
  static constexpr bool inert = true;
  TensorType infer(Types in) const;
  bool operator==(const BitBinary&) const = default;
};

struct Add : NumericBinary {
  static constexpr std::string_view name = "add";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return a + b;
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Sub : NumericBinary {
  static constexpr std::string_view name = "sub";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return a - b;
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Mul : NumericBinary {
  static constexpr std::string_view name = "mul";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return a * b;
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// a / b; on i64 truncated towards zero, and division by zero is a NumericError of the run.
struct Div : NumericBinary {
  static constexpr std::string_view name = "div";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return a / b;
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// a^b. d/da = b a^(b-1), taken as 0 where b = 0; d/db = y log(a), taken as 0 where a = 0.
struct Pow : NumericBinary {
  static constexpr std::string_view name = "pow";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return static_cast<T>(std::pow(a, b));
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// Remainder with the sign of the dividend (C's fmod and %). d/da = 1, d/db = -trunc(a/b).
struct Fmod : NumericBinary {
  static constexpr std::string_view name = "fmod";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    if constexpr (std::is_integral_v<T>)
      return a % b;
    else
      return std::fmod(a, b);
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// The larger; on a tie each operand has derivative 1/2. NaN wins.
struct Maximum : NumericBinary {
  static constexpr std::string_view name = "maximum";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return a != a ? a : (a < b || b != b ? b : a);
  }
  Value partial(int operand, Operands x, Value y) const;
};

/// The smaller; on a tie each operand has derivative 1/2. NaN wins.
struct Minimum : NumericBinary {
  static constexpr std::string_view name = "minimum";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return a != a ? a : (b < a || b != b ? b : a);
  }
  Value partial(int operand, Operands x, Value y) const;
};

struct Equal : Comparison {
  static constexpr std::string_view name = "equal";
  template <class T>
  PALIMPSEST_HOST_DEVICE static bool apply(T a, T b) {
    return a == b;
  }
};

struct Less : Comparison {
  static constexpr std::string_view name = "less";
  template <class T>
  PALIMPSEST_HOST_DEVICE static bool apply(T a, T b) {
    return a < b;
  }
};

struct LessEqual : Comparison {
  static constexpr std::string_view name = "less_equal";
  template <class T>
  PALIMPSEST_HOST_DEVICE static bool apply(T a, T b) {
    return a <= b;
  }
};

struct And : BitBinary {
  static constexpr std::string_view name = "and";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return static_cast<T>(a & b);
  }
};

struct Or : BitBinary {
  static constexpr std::string_view name = "or";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return static_cast<T>(a | b);
  }
};

struct Xor : BitBinary {
  static constexpr std::string_view name = "xor";
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

/// i64 shifts by b in [0, 63]; other counts give 0. The right shift is logical.
struct ShiftLeft : BitBinary {
  static constexpr std::string_view name = "shift_left";
  TensorType infer(Types in) const;
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    using U = std::make_unsigned_t<T>;
    return b < 0 || b > 63 ? T{0} : static_cast<T>(static_cast<U>(a) << b);
  }
};

struct ShiftRight : BitBinary {
  static constexpr std::string_view name = "shift_right";
  TensorType infer(Types in) const;
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(T a, T b) {
    using U = std::make_unsigned_t<T>;
    return b < 0 || b > 63 ? T{0} : static_cast<T>(static_cast<U>(a) >> b);
  }
};

/// y = condition ? a : b, elementwise; operands (bool condition, a, b).
struct Select {
  static constexpr std::string_view name = "select";
  static constexpr Derivative linearity = Derivative::joint;
  template <class T>
  PALIMPSEST_HOST_DEVICE static T apply(bool condition, T a, T b) {
    return condition ? a : b;
  }
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  bool operator==(const Select&) const = default;
};

/// Conversion. Derivatives flow between float types; float -> i64 truncates, and gives the
/// lowest i64 for NaN and what is out of range; x -> bool is x != 0.
struct Cast {
  static constexpr std::string_view name = "cast";
  static constexpr Derivative linearity = Derivative::joint;
  DType to = DType::f32;
  template <class To, class From>
  PALIMPSEST_HOST_DEVICE static To apply(From x) {
    if constexpr (std::is_same_v<To, bool>)
      return static_cast<bool>(x);
    else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>)
      return x >= From(-0x1p63) && x < From(0x1p63) ? static_cast<To>(x)
                                                    : To{-0x7fffffffffffffff - 1};
    else
      return static_cast<To>(x);
  }
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const Cast&) const = default;
};

// Builders. Operands of different shapes are broadcast to their common shape; dtypes must
// be equal. Multiplication by one, addition of zero and the like return the other operand.
Value add(Value a, Value b);
Value sub(Value a, Value b);
Value mul(Value a, Value b);
Value div(Value a, Value b);
Value pow(Value a, Value b);
Value fmod(Value a, Value b);
Value maximum(Value a, Value b);
Value minimum(Value a, Value b);
Value equal(Value a, Value b);
Value less(Value a, Value b);
Value less_equal(Value a, Value b);
Value greater(Value a, Value b);
Value greater_equal(Value a, Value b);
Value logical_and(Value a, Value b);
Value logical_or(Value a, Value b);
Value logical_xor(Value a, Value b);
Value shift_left(Value a, Value b);
Value shift_right(Value a, Value b);
Value select(Value condition, Value a, Value b);
Value cast(Value x, DType to);

inline Value operator+(Value a, Value b) { return add(a, b); }
inline Value operator-(Value a, Value b) { return sub(a, b); }
inline Value operator*(Value a, Value b) { return mul(a, b); }
inline Value operator/(Value a, Value b) { return div(a, b); }
inline Value operator-(Value x) { return neg(x); }

/// A tensor filled with one number: a constant of one element, broadcast.
Value full(Graph& graph, const TensorType& type, double value);
/// `full` with the graph and type of x.
Value full_like(Value x, double value);
inline Value zeros_like(Value x) { return full_like(x, 0); }
inline Value ones_like(Value x) { return full_like(x, 1); }

Value operator+(Value x, double value);
Value operator-(Value x, double value);
Value operator*(Value x, double value);
Value operator/(Value x, double value);
Value operator-(double value, Value x);
Value operator*(double value, Value x);
Value operator/(double value, Value x);

/// The number that fills x when x is a constant of one element, broadcast or reshaped or not.
std::optional<double> filling_of(Value x);
/// True when that number is `value`.
bool is_filled_with(Value x, double value);

}  // namespace palimpsest
