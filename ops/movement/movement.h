#pragma once
// Primitives that move elements without changing them. All are linear and closed under
// transposition: reshape and permute are their own kind, broadcast pairs with reduce_sum,
// slice with pad, concat with slice, reverse with itself. Every dtype.

#include "graph/op.h"

namespace palimpsest {

/// The same elements in row-major order under another shape.
struct Reshape {
  static constexpr std::string_view name = "reshape";
  static constexpr Derivative linearity = Derivative::joint;
  Shape shape;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const Reshape&) const = default;
};

/// Axis i of y is axis axes[i] of x.
struct Permute {
  static constexpr std::string_view name = "permute";
  static constexpr Derivative linearity = Derivative::joint;
  std::vector<int> axes;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const Permute&) const = default;
};

/// Repeats axes of extent 1 up to `shape`, which has the rank of x.
struct Broadcast {
  static constexpr std::string_view name = "broadcast";
  static constexpr Derivative linearity = Derivative::joint;
  Shape shape;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const Broadcast&) const = default;
};

/// y[i] = x[start + i * step] per axis, `size` elements of it; step > 0.
struct Slice {
  static constexpr std::string_view name = "slice";
  static constexpr Derivative linearity = Derivative::joint;
  std::vector<std::int64_t> start, size, step;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const Slice&) const = default;
};

/// Surrounds x with zeros (false), and puts `interior` of them between neighbours, per axis.
/// No field is negative.
struct Pad {
  static constexpr std::string_view name = "pad";
  static constexpr Derivative linearity = Derivative::joint;
  std::vector<std::int64_t> low, high, interior;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const Pad&) const = default;
};

/// Operands one after the other along an axis.
struct Concat {
  static constexpr std::string_view name = "concat";
  static constexpr Derivative linearity = Derivative::joint;
  int axis = 0;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const Concat&) const = default;
};

/// Turns the order round along the given axes.
struct Reverse {
  static constexpr std::string_view name = "reverse";
  static constexpr Derivative linearity = Derivative::joint;
  std::vector<int> axes;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const;
  bool operator==(const Reverse&) const = default;
};

// Builders. Each returns x itself when nothing would change. Negative axes count from the end.
Value reshape(Value x, Shape shape);
Value permute(Value x, std::vector<int> axes);
/// Swaps two axes.
Value swap_axes(Value x, int a, int b);
/// numpy's broadcast_to: also raises the rank, by extents of 1 at the front.
Value broadcast_to(Value x, const Shape& shape);
/// The common shape of numpy's rule. Throws ShapeError naming both.
Shape broadcast_shape(const Shape& a, const Shape& b);
Value slice(Value x, std::vector<std::int64_t> start, std::vector<std::int64_t> size,
            std::vector<std::int64_t> step);
/// `size` elements from `start` along one axis.
Value slice_axis(Value x, int axis, std::int64_t start, std::int64_t size, std::int64_t step = 1);
Value pad(Value x, std::vector<std::int64_t> low, std::vector<std::int64_t> high,
          std::vector<std::int64_t> interior);
Value pad(Value x, std::vector<std::int64_t> low, std::vector<std::int64_t> high);
Value concat(std::vector<Value> parts, int axis);
Value reverse(Value x, std::vector<int> axes);
/// Inserts an axis of extent 1, or drops one.
Value expand_axis(Value x, int axis);
Value squeeze_axis(Value x, int axis);

}  // namespace palimpsest
