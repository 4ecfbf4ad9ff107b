#pragma once
// A tensor with its data on the host, immutable and cheap to copy. Constants of a graph,
// parameters of a model and tensors of an update are literals. Not a device buffer.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "graph/error.h"
#include "graph/tensor_type.h"

namespace palimpsest {

class Literal {
 public:
  /// A rank-0 f32 zero.
  Literal();
  /// Takes data that someone else owns through `data`; it must hold type.bytes() bytes.
  Literal(TensorType type, std::shared_ptr<const std::byte> data)
      : type_(std::move(type)), data_(std::move(data)) {}

  /// Copies row-major values. Throws ShapeError when the count does not fit the shape.
  template <class T>
  static Literal of(Shape shape, std::span<const T> values) {
    if (static_cast<std::int64_t>(values.size()) != shape.elements())
      throw ShapeError(text("literal: ", shape.elements(), " values expected for ", shape, ", ",
                            values.size(), " came"));
    return copy_of(TensorType{dtype_of<T>, std::move(shape)},
                   reinterpret_cast<const std::byte*>(values.data()));
  }
  template <class T>
  static Literal of(Shape shape, const std::vector<T>& values) {
    return of<T>(std::move(shape), std::span<const T>(values));
  }
  template <class T>
  static Literal scalar(T value) {
    return of<T>(Shape{}, std::span<const T>(&value, 1));
  }
  /// A value converted to any dtype, as a tensor of one element.
  static Literal filled(TensorType type, double value);
  /// Copies type.bytes() bytes.
  static Literal copy_of(TensorType type, const std::byte* bytes);
  /// Bytes for a new literal: fill them, then construct a Literal with them.
  static std::shared_ptr<std::byte> allocate(const TensorType& type);

  const TensorType& type() const { return type_; }
  const Shape& shape() const { return type_.shape; }
  DType dtype() const { return type_.dtype; }
  std::int64_t elements() const { return type_.shape.elements(); }
  const std::byte* bytes() const { return data_.get(); }

  /// The elements, row-major. Throws ShapeError when T is not the dtype.
  template <class T>
  std::span<const T> values() const {
    if (dtype_of<T> != type_.dtype)
      throw ShapeError(text("literal: elements of ", type_.dtype, " read as ", dtype_of<T>));
    return {reinterpret_cast<const T*>(data_.get()), static_cast<std::size_t>(elements())};
  }

  /// The same elements converted (f64 -> f32 rounds, float -> i64 truncates, x -> bool is x != 0).
  Literal converted(DType dtype) const;
  /// The same data under another shape with as many elements.
  Literal reshaped(Shape shape) const;
  /// The elements as i64 numbers; throws ShapeError for float literals.
  std::vector<std::int64_t> integers() const;
  /// The elements as f64 numbers, whatever the dtype.
  std::vector<double> doubles() const;

  /// Equal type and equal bytes.
  bool operator==(const Literal& other) const;
  std::size_t hash() const;

 private:
  TensorType type_;
  std::shared_ptr<const std::byte> data_;
};

}  // namespace palimpsest
