#pragma once
// Sums, prefix sums and the index producers that look along axes. Reduced axes are kept
// with extent 1, so that reduce_sum and broadcast are each other's transpose.

#include "graph/op.h"

namespace palimpsest {

/// Sum over axes (sorted, distinct), kept with extent 1. f32, f64, i64.
struct ReduceSum {
  static constexpr std::string_view name = "reduce_sum";
  static constexpr Derivative linearity = Derivative::joint;
  std::vector<int> axes;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const ReduceSum&) const = default;
};

enum class Scan { inclusive, exclusive };
enum class Direction { forward, backward };

/// Prefix sums along one axis. f32, f64, i64.
struct CumSum {
  static constexpr std::string_view name = "cumsum";
  static constexpr Derivative linearity = Derivative::joint;
  int axis = 0;
  Scan scan = Scan::inclusive;
  Direction direction = Direction::forward;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const CumSum&) const = default;
};

/// Maximum over axes, kept with extent 1, as a number without derivative: the shift of
/// softmax, the mask of nn::reduce_max. NaN wins. f32, f64, i64.
struct ReduceMax {
  static constexpr std::string_view name = "reduce_max";
  static constexpr bool inert = true;
  std::vector<int> axes;
  TensorType infer(Types in) const;
  std::string attributes() const;
  bool operator==(const ReduceMax&) const = default;
};

enum class Tie { first, last };

/// Position (i64) of the maximum along one axis, kept with extent 1.
struct ArgMax {
  static constexpr std::string_view name = "argmax";
  static constexpr bool inert = true;
  int axis = 0;
  Tie tie = Tie::first;
  TensorType infer(Types in) const;
  std::string attributes() const;
  bool operator==(const ArgMax&) const = default;
};

/// Positions (i64) of the k largest along the last axis, in falling order; of equal ones the
/// lower position comes first.
struct TopK {
  static constexpr std::string_view name = "top_k";
  static constexpr bool inert = true;
  std::int64_t k = 1;
  TensorType infer(Types in) const;
  std::string attributes() const;
  bool operator==(const TopK&) const = default;
};

// Builders; axes may be negative, in any order; an empty list means all axes.
Value reduce_sum(Value x, std::vector<int> axes = {});
Value cumsum(Value x, int axis, Scan scan = Scan::inclusive,
             Direction direction = Direction::forward);
Value max_without_derivative(Value x, std::vector<int> axes = {});
Value argmax(Value x, int axis, Tie tie = Tie::first);
Value top_k(Value x, std::int64_t k);

/// Sum of all elements as a rank-0 tensor.
Value sum_all(Value x);
/// <a, b> as a rank-0 tensor.
Value inner(Value a, Value b);

}  // namespace palimpsest
