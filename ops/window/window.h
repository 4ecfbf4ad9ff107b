#pragma once
// Sliding windows over the spatial axes of [N, C, spatial...]: their sums, the adjoint that
// spreads values back, and the position of the maximum. Average pooling is a scaled sum,
// max pooling a gather at these positions, LRN a sum over the channel axis.

#include "graph/op.h"
#include "ops/activation_layout.h"

namespace palimpsest {

/// Window p covers x[p * stride + k * dilation - pad_low] for k in [0, size); places outside
/// of x count as zeros for sums and are skipped for maxima.
struct WindowGeometry {
  Shape input, output;  ///< [N, C, spatial...]
  std::vector<std::int64_t> size, stride, dilation, pad_low, pad_high;
  bool channels_last = false;  ///< how the tensors are stored

  Shape stored_input() const { return stored_shape(input, channels_last); }
  Shape stored_output() const { return stored_shape(output, channels_last); }
  int spatial_rank() const { return input.rank() - 2; }
  std::string describe() const;
  bool operator==(const WindowGeometry&) const = default;
};

enum class Rounding { floor, ceil };

/// Geometry from what a caller knows; the output extents follow. With Rounding::ceil a last
/// window that would begin in the high padding is dropped. Throws ShapeError naming the field.
WindowGeometry window_geometry(const Shape& input, std::vector<std::int64_t> size,
                               std::vector<std::int64_t> stride, std::vector<std::int64_t> dilation,
                               std::vector<std::int64_t> pad_low,
                               std::vector<std::int64_t> pad_high,
                               Rounding rounding = Rounding::floor);

/// x -> sum of each window. f32, f64.
struct WindowSum {
  static constexpr std::string_view name = "window_sum";
  static constexpr Derivative linearity = Derivative::joint;
  WindowGeometry geometry;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const { return geometry.describe(); }
  bool operator==(const WindowSum&) const = default;
};

/// The adjoint: adds each value to all places of its window; the result is like x.
struct WindowSpread {
  static constexpr std::string_view name = "window_spread";
  static constexpr Derivative linearity = Derivative::joint;
  WindowGeometry geometry;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const { return geometry.describe(); }
  bool operator==(const WindowSpread&) const = default;
};

/// x -> for each window the row-major position (i64, within the spatial extents of x) of its
/// first maximum; NaN wins. A window wholly in the padding is a ShapeError of the geometry.
struct WindowArgmax {
  static constexpr std::string_view name = "window_argmax";
  static constexpr bool inert = true;
  WindowGeometry geometry;
  TensorType infer(Types in) const;
  std::string attributes() const { return geometry.describe(); }
  bool operator==(const WindowArgmax&) const = default;
};

Value window_sum(Value x, const WindowGeometry& geometry);
Value window_spread(Value x, const WindowGeometry& geometry);
Value window_argmax(Value x, const WindowGeometry& geometry);

}  // namespace palimpsest
