#pragma once
// Indexed reads and their adjoint, indexed accumulation. Indices are data (i64), checked
// at every run. Shapes: x [B, N, D], indices [B, K] or [1, K] (shared by the batch),
// result [B, K, D]. All of ONNX's gathers, scatters and pooling by index lower to these.

#include "graph/op.h"

namespace palimpsest {

/// y[b, k, d] = x[b, indices[b, k], d]; operands (x, indices). Every dtype.
struct Gather {
  static constexpr std::string_view name = "gather";
  static constexpr Derivative linearity = Derivative::joint;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  bool operator==(const Gather&) const = default;
};

/// y[b, n, d] = sum over k with indices[b, k] = n of x[b, k, d]; operands (x, indices).
/// f32, f64, i64. Repeated indices accumulate in the order of k.
struct ScatterAdd {
  static constexpr std::string_view name = "scatter_add";
  static constexpr Derivative linearity = Derivative::joint;
  std::int64_t size = 0;  ///< N of the result
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const ScatterAdd&) const = default;
};

Value gather(Value x, Value indices);
Value scatter_add(Value x, Value indices, std::int64_t size);

/// numpy's take: x with `axis` replaced by the shape of `indices` (any rank).
Value take(Value x, Value indices, int axis);
/// numpy's take_along_axis: y[.., k, ..] = x[.., indices[.., k, ..], ..]; equal other extents.
Value take_along_axis(Value x, Value indices, int axis);

}  // namespace palimpsest
