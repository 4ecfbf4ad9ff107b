#pragma once
// What a tensor is, apart from its data: element type and shape. Knows no strides,
// no device and no graph.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string_view>
#include <vector>

#include "graph/bfloat16.h"

namespace palimpsest {

/// The element types of the language. Files may hold others; readers convert.
enum class DType : std::uint8_t {
  f32,
  f64,
  i64,
  boolean,
  bf16  ///< storage of operands of products, after the last differentiation
};

/// Bytes of one element.
std::size_t size_of(DType dtype);
std::string_view name_of(DType dtype);
/// True for the types that carry derivatives.
constexpr bool is_float(DType dtype) { return dtype == DType::f32 || dtype == DType::f64; }
std::ostream& operator<<(std::ostream& out, DType dtype);

template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::i64;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::boolean;
};
template <>
struct DTypeOf<bfloat16> {
  static constexpr DType value = DType::bf16;
};
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

/// Extents of a tensor, validated: rank <= 16, every extent in [0, 2^40], and an element
/// count that fits in 2^48. Throws ShapeError otherwise.
class Shape {
 public:
  static constexpr int max_rank = 16;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> extents);
  explicit Shape(std::vector<std::int64_t> extents);
  explicit Shape(std::span<const std::int64_t> extents);

  int rank() const { return static_cast<int>(extents_.size()); }
  /// Extent of an axis; negative axes count from the end. Throws ShapeError out of range.
  std::int64_t operator[](int axis) const { return extents_[index(axis)]; }
  std::int64_t elements() const { return elements_; }
  std::span<const std::int64_t> extents() const { return extents_; }
  auto begin() const { return extents_.begin(); }
  auto end() const { return extents_.end(); }

  /// This shape with one axis changed.
  Shape with(int axis, std::int64_t extent) const;
  /// Row-major strides, in elements.
  std::vector<std::int64_t> strides() const;
  /// The axis as an index in [0, rank). Throws ShapeError out of range.
  std::size_t index(int axis) const;

  bool operator==(const Shape& other) const { return extents_ == other.extents_; }

 private:
  std::vector<std::int64_t> extents_;
  std::int64_t elements_ = 1;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

/// A shape of the given rank with every extent 1.
Shape ones_shape(int rank);

struct TensorType {
  DType dtype = DType::f32;
  Shape shape;

  std::size_t bytes() const;
  bool operator==(const TensorType&) const = default;
};

std::ostream& operator<<(std::ostream& out, const TensorType& type);

}  // namespace palimpsest
