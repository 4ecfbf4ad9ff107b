// Resize and Upsample: one matrix product an axis that changes.

#include <algorithm>
#include <array>
#include <cmath>

#include "onnx_import/nodes/axes.h"
#include "onnx_import/nodes/nodes.h"
#include "onnx_import/nodes/resize_matrix.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

template <class Enum, std::size_t count>
Enum named(const NodeContext& node, std::string_view attribute, std::string_view fallback,
           const std::array<std::pair<std::string_view, Enum>, count>& names) {
  const std::string name = node.attributes().string(attribute, fallback);
  for (const auto& [known, value] : names)
    if (known == name) return value;
  node.invalid(text(attribute, ": unknown value '", name, "'"));
}

Interpolation interpolation_of(const NodeContext& node) {
  using Pair = std::pair<std::string_view, Interpolation>;
  return named(
      node, "mode", "nearest",
      std::array{Pair{"nearest", Interpolation::nearest}, Pair{"linear", Interpolation::linear},
                 Pair{"bilinear", Interpolation::linear}, Pair{"cubic", Interpolation::cubic}});
}

Coordinates coordinates_of(const NodeContext& node) {
  using Pair = std::pair<std::string_view, Coordinates>;
  return named(node, "coordinate_transformation_mode", "half_pixel",
               std::array{Pair{"half_pixel", Coordinates::half_pixel},
                          Pair{"half_pixel_symmetric", Coordinates::half_pixel_symmetric},
                          Pair{"pytorch_half_pixel", Coordinates::pytorch_half_pixel},
                          Pair{"align_corners", Coordinates::align_corners},
                          Pair{"asymmetric", Coordinates::asymmetric},
                          Pair{"tf_half_pixel_for_nn", Coordinates::tf_half_pixel_for_nn},
                          Pair{"tf_crop_and_resize", Coordinates::tf_crop_and_resize}});
}

Nearest nearest_of(const NodeContext& node) {
  using Pair = std::pair<std::string_view, Nearest>;
  return named(node, "nearest_mode", "round_prefer_floor",
               std::array{Pair{"round_prefer_floor", Nearest::round_prefer_floor},
                          Pair{"round_prefer_ceil", Nearest::round_prefer_ceil},
                          Pair{"floor", Nearest::floor}, Pair{"ceil", Nearest::ceil}});
}

/// Before opset 11 there was one way: places are index / scale, rounded down.
Resampling old_resampling(const NodeContext& node) {
  return {.interpolation = interpolation_of(node),
          .coordinates = Coordinates::asymmetric,
          .nearest = Nearest::floor};
}

Resampling resampling_of(const NodeContext& node) {
  const Attributes& attributes = node.attributes();
  return {.interpolation = interpolation_of(node),
          .coordinates = coordinates_of(node),
          .nearest = nearest_of(node),
          .cubic_coefficient = attributes.real("cubic_coeff_a", -0.75),
          .exclude_outside = attributes.integer("exclude_outside", 0) != 0,
          .antialias = attributes.integer("antialias", 0) != 0};
}

constexpr double max_weights = 1 << 26;

/// Extent of the output for a scale; the product is rounded as f32, in which files hold scales.
ResampledAxis scaled_axis(const NodeContext& node, std::int64_t input, double scale) {
  const double output =
      std::floor(static_cast<double>(static_cast<float>(input) * static_cast<float>(scale)));
  if (!(scale > 0) || !(output * static_cast<double>(input) <= max_weights))
    node.invalid(text("a positive scale with a matrix of at most 2^26 weights expected, ", scale,
                      " came for extent ", input));
  return {.input = input, .output = static_cast<std::int64_t>(output), .scale = scale};
}

ResampledAxis sized_axis(const NodeContext& node, std::int64_t input, std::int64_t output) {
  if (input < 1 || output < 1 ||
      static_cast<double>(output) * static_cast<double>(input) > max_weights)
    node.invalid(text("sizes: at least 1 and at most 2^26 weights expected, ", output,
                      " came for extent ", input));
  return {.input = input,
          .output = output,
          .scale = static_cast<double>(output) / static_cast<double>(input)};
}

/// One common scale for all axes, the smallest or the largest that the sizes ask for.
void keep_aspect_ratio(const NodeContext& node, std::vector<ResampledAxis>& axes) {
  const std::string policy = node.attributes().string("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch" || axes.empty()) return;
  if (policy != "not_larger" && policy != "not_smaller")
    node.invalid(text("keep_aspect_ratio_policy: unknown value '", policy, "'"));
  const auto smaller = [](const ResampledAxis& a, const ResampledAxis& b) {
    return a.scale < b.scale;
  };
  const double scale = policy == "not_larger"
                           ? std::min_element(axes.begin(), axes.end(), smaller)->scale
                           : std::max_element(axes.begin(), axes.end(), smaller)->scale;
  for (ResampledAxis& axis : axes) {
    const double output = std::floor(scale * static_cast<double>(axis.input) + 0.5);
    axis = sized_axis(node, axis.input, static_cast<std::int64_t>(output));
    axis.scale = scale;
  }
}

/// y along one axis = M x. Other axes are rows of one matrix product.
Value resampled(NodeContext& node, Value x, int axis, const ResizeMatrix& matrix,
                std::int64_t output) {
  const Value weights = node.constant(Literal::of(Shape{output, x.shape()[axis]}, matrix.weights));
  const Value last = swap_axes(x, axis, -1);
  const std::int64_t extent = last.shape()[-1];
  const Value rows = reshape(last, Shape{last.shape().elements() / extent, extent});
  const Value y = matmul(rows, weights, {.transpose_b = true});
  return swap_axes(reshape(y, last.shape().with(-1, output)), axis, -1);
}

Value filled_outside(NodeContext& node, Value y, int axis, const std::vector<bool>& outside) {
  std::vector<std::int64_t> flags(outside.begin(), outside.end());
  const Value mask = cast(node.integers(flags), DType::boolean);
  const Shape aligned = ones_shape(y.shape().rank()).with(axis, y.shape()[axis]);
  const double value = node.attributes().real("extrapolation_value", 0);
  return select(reshape(mask, aligned), full_like(y, value), y);
}

Value resized(NodeContext& node, const std::vector<int>& axes,
              const std::vector<ResampledAxis>& resampled_axes, const Resampling& resampling) {
  Value y = node.input(0);
  const DType given = y.dtype();
  if (!is_float(given)) y = cast(y, node.float_type());
  const bool crops = resampling.coordinates == Coordinates::tf_crop_and_resize;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const ResampledAxis& axis = resampled_axes[i];
    if (axis.input == axis.output && axis.scale == 1 && !crops) continue;
    const ResizeMatrix matrix = resize_matrix(axis, resampling);
    y = resampled(node, y, axes[i], matrix, axis.output);
    if (crops) y = filled_outside(node, y, axes[i], matrix.outside);
  }
  return is_float(given) ? y : cast(y, given);
}

std::vector<Value> scaled(NodeContext& node, const std::vector<double>& scales) {
  const Shape& x = node.input(0).shape();
  if (scales.size() != static_cast<std::size_t>(x.rank()))
    node.invalid(text("scales: ", x.rank(), " values expected, ", scales.size(), " came"));
  std::vector<ResampledAxis> axes;
  for (int axis = 0; axis < x.rank(); ++axis)
    axes.push_back(scaled_axis(node, x[axis], scales[static_cast<std::size_t>(axis)]));
  return {resized(node, all_axes(x.rank()), axes, old_resampling(node))};
}

std::vector<Value> upsample_by_attribute(NodeContext& node) {
  return scaled(node, node.attributes().reals("scales"));
}

std::vector<Value> resize_by_scales(NodeContext& node) {
  return scaled(node, node.required_reals(1));
}

void set_regions(NodeContext& node, std::vector<ResampledAxis>& axes) {
  const std::vector<double> roi = node.required_reals(1);
  if (roi.size() != 2 * axes.size())
    node.invalid(text("roi: ", 2 * axes.size(), " values expected, ", roi.size(), " came"));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    axes[i].region_begin = roi[i];
    axes[i].region_end = roi[i + axes.size()];
  }
}

/// An input that is given and holds elements: exporters write empty tensors for absent ones.
bool has_elements(NodeContext& node, std::size_t index) {
  return node.has_input(index) && node.input(index).shape().elements() > 0;
}

std::vector<Value> resize(NodeContext& node) {
  const Shape& x = node.input(0).shape();
  const std::vector<std::int64_t> listed = node.attributes().integers("axes");
  const std::vector<int> axes =
      listed.empty() ? all_axes(x.rank()) : axis_indices(node, listed, x.rank());
  const bool sized = has_elements(node, 3);
  if (!sized && !has_elements(node, 2)) node.invalid("neither scales nor sizes");
  const std::vector<double> targets = node.required_reals(sized ? 3 : 2);
  if (targets.size() != axes.size())
    node.invalid(text(sized ? "sizes" : "scales", ": ", axes.size(), " values expected, ",
                      targets.size(), " came"));
  std::vector<ResampledAxis> resampled_axes;
  for (std::size_t i = 0; i < axes.size(); ++i)
    resampled_axes.push_back(
        sized ? sized_axis(node, x[axes[i]], static_cast<std::int64_t>(std::min(targets[i], 1e12)))
              : scaled_axis(node, x[axes[i]], targets[i]));
  if (sized) keep_aspect_ratio(node, resampled_axes);
  const Resampling resampling = resampling_of(node);
  if (resampling.coordinates == Coordinates::tf_crop_and_resize) set_regions(node, resampled_axes);
  return {resized(node, axes, resampled_axes, resampling)};
}

}  // namespace

void add_resize_nodes(NodeTable& table) {
  table.add("Upsample", 7, upsample_by_attribute);
  table.add("Upsample", 9, resize_by_scales);
  table.add("Resize", 10, resize_by_scales);
  table.add("Resize", 11, resize);
}

}  // namespace palimpsest::onnx_import
