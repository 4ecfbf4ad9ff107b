#pragma once
// Batched products of matrices, inverse and determinant. f32 and f64.

#include "graph/op.h"

namespace palimpsest {

/// y = op(a) op(b) with op the identity or the transposition of the last two axes.
/// a [..., M, K], b [..., K, N] (before op), equal leading extents; y [..., M, N].
struct MatMul {
  static constexpr std::string_view name = "matmul";
  static constexpr Derivative linearity = Derivative::multilinear;
  bool transpose_a = false;
  bool transpose_b = false;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const MatMul&) const = default;
};

/// Inverse of each matrix of [..., N, N]. A singular matrix gives infinities.
struct Inverse {
  static constexpr std::string_view name = "inverse";
  TensorType infer(Types in) const;
  Value differential(int operand, Operands x, Value y, Value tangent) const;
  bool operator==(const Inverse&) const = default;
};

/// Determinant of each matrix of [..., N, N]; y [...]. The derivative needs the inverse.
struct Determinant {
  static constexpr std::string_view name = "determinant";
  TensorType infer(Types in) const;
  Value differential(int operand, Operands x, Value y, Value tangent) const;
  bool operator==(const Determinant&) const = default;
};

/// Builder; leading axes are broadcast (numpy's matmul for rank >= 2).
Value matmul(Value a, Value b, MatMul options = {});
Value inverse(Value x);
Value determinant(Value x);

}  // namespace palimpsest
