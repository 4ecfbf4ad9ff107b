#pragma once
// N-dimensional convolution (cross-correlation, as in ONNX) and its two partial adjoints.
// <ct, conv(x, w)> is linear in each of ct, x and w, so every derivative of one member of
// the family is another member. Layouts: x [N, C, spatial...], w [O, C/groups, kernel...],
// y [N, O, spatial...]. f32 and f64.

#include "graph/op.h"
#include "ops/activation_layout.h"
#include "ops/filter_layout.h"

namespace palimpsest {

/// All extents are stored: with stride > 1 the input size cannot be recovered from the output.
///   y[n, o, p] = sum over c, k of x[n, c, p * stride + k * dilation - pad_low] * w[o, c, k]
struct ConvGeometry {
  Shape input, filter, output;
  std::vector<std::int64_t> stride, dilation, pad_low, pad_high;
  std::int64_t groups = 1;
  /// How x, y and their cotangents are stored; the filter is not concerned.
  bool channels_last = false;
  /// How w and its cotangent are stored: ops/filter_layout.h. Without groups only.
  bool filter_blocks = false;

  Shape stored_input() const { return stored_shape(input, channels_last); }
  Shape stored_output() const { return stored_shape(output, channels_last); }
  Shape stored_filter() const { return stored_filter_shape(filter, filter_blocks); }
  int spatial_rank() const { return input.rank() - 2; }
  std::string describe() const;
  bool operator==(const ConvGeometry&) const = default;
};

/// The places of [N, C, spatial...] or of a filter [O, C, kernel...].
std::int64_t spatial_volume(const Shape& shape);
/// Every step of the convolution is 1.
bool has_unit_strides(const ConvGeometry& geometry);

/// Geometry from what a caller knows; the output extents follow. Throws ShapeError naming the
/// field when ranks, groups, channels, strides, dilations or paddings do not fit.
ConvGeometry conv_geometry(const Shape& input, const Shape& filter,
                           std::vector<std::int64_t> stride, std::vector<std::int64_t> dilation,
                           std::vector<std::int64_t> pad_low, std::vector<std::int64_t> pad_high,
                           std::int64_t groups);

/// (x, w) -> y.
struct Conv {
  static constexpr std::string_view name = "conv";
  static constexpr Derivative linearity = Derivative::multilinear;
  ConvGeometry geometry;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const { return geometry.describe(); }
  bool operator==(const Conv&) const = default;
};

/// (ct of y, w) -> ct of x. ONNX's ConvTranspose is this member.
struct ConvInputGrad {
  static constexpr std::string_view name = "conv_input_grad";
  static constexpr Derivative linearity = Derivative::multilinear;
  ConvGeometry geometry;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const { return geometry.describe(); }
  bool operator==(const ConvInputGrad&) const = default;
};

/// (ct of y, x) -> ct of w.
struct ConvFilterGrad {
  static constexpr std::string_view name = "conv_filter_grad";
  static constexpr Derivative linearity = Derivative::multilinear;
  ConvGeometry geometry;
  TensorType infer(Types in) const;
  Value transpose(int operand, Operands x, Value ct) const;
  std::string attributes() const { return geometry.describe(); }
  bool operator==(const ConvFilterGrad&) const = default;
};

Value conv(Value x, Value w, const ConvGeometry& geometry);
Value conv_input_grad(Value ct, Value w, const ConvGeometry& geometry);
Value conv_filter_grad(Value ct, Value x, const ConvGeometry& geometry);

}  // namespace palimpsest
