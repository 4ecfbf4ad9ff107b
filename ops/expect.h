#pragma once
// The checks that shape rules share. Each throws ShapeError saying which primitive refused,
// what it expected and what came.

#include <string_view>

#include "graph/error.h"
#include "graph/value.h"

namespace palimpsest {

inline void expect_operands(std::string_view name, Types in, std::size_t count) {
  if (in.size() != count)
    throw ShapeError(text(name, ": ", count, " operands expected, ", in.size(), " came"));
}

inline void expect_float(std::string_view name, const TensorType& type) {
  if (!is_float(type.dtype)) throw ShapeError(text(name, ": f32 or f64 expected, ", type, " came"));
}

inline void expect_number(std::string_view name, const TensorType& type) {
  if (type.dtype == DType::boolean || type.dtype == DType::bf16)
    throw ShapeError(text(name, ": f32, f64 or i64 expected, ", type, " came"));
}

inline void expect_bits(std::string_view name, const TensorType& type) {
  if (is_float(type.dtype)) throw ShapeError(text(name, ": bool or i64 expected, ", type, " came"));
}

/// The result of a product: that of equal floats, or f32 when operands are stored as bf16.
inline DType product_dtype(std::string_view name, const TensorType& a, const TensorType& b) {
  const auto narrow = [](const TensorType& type) { return type.dtype == DType::bf16; };
  const auto fits = [&](const TensorType& type) {
    return narrow(type) || type.dtype == DType::f32;
  };
  if ((narrow(a) || narrow(b)) && fits(a) && fits(b)) return DType::f32;
  if (!is_float(a.dtype) || a.dtype != b.dtype)
    throw ShapeError(
        text(name, ": operands of one dtype, f32 or f64, expected, ", a, " and ", b, " came"));
  return a.dtype;
}

inline void expect_dtype(std::string_view name, const TensorType& type, DType dtype) {
  if (type.dtype != dtype) throw ShapeError(text(name, ": ", dtype, " expected, ", type, " came"));
}

inline void expect_equal(std::string_view name, const TensorType& a, const TensorType& b) {
  if (!(a == b))
    throw ShapeError(text(name, ": operands of one type expected, ", a, " and ", b, " came"));
}

/// For operands that are still to be broadcast to one shape.
inline void expect_equal_dtypes(std::string_view name, const TensorType& a, const TensorType& b) {
  if (a.dtype != b.dtype)
    throw ShapeError(text(name, ": operands of one dtype expected, ", a, " and ", b, " came"));
}

inline void expect_rank(std::string_view name, const TensorType& type, int rank) {
  if (type.shape.rank() != rank)
    throw ShapeError(text(name, ": rank ", rank, " expected, ", type, " came"));
}

}  // namespace palimpsest
