#include <algorithm>
#include <array>
#include <numeric>

#include "inversion/matching.h"

namespace palimpsest::inversion {
namespace {

/// Axis i of the result is axis axes[i] of the tensor.
std::vector<std::size_t> axes_of(TensorLayout layout, std::size_t rank) {
  std::vector<std::size_t> axes(rank);
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  if (layout == TensorLayout::transposed) std::reverse(axes.begin(), axes.end());
  if (layout == TensorLayout::channels_last) {
    std::rotate(axes.begin(), axes.end() - 2, axes.end());  // I O spatial
    std::swap(axes[0], axes[1]);
  }
  if (layout == TensorLayout::depthwise) axes = {2, 3, 0, 1};
  return axes;
}

std::vector<std::int64_t> permuted_extents(const Shape& shape,
                                           const std::vector<std::size_t>& axes) {
  std::vector<std::int64_t> extents;
  for (const std::size_t axis : axes) extents.push_back(shape.extents()[axis]);
  return extents;
}

bool fits(TensorLayout layout, const Shape& tensor, const Shape& parameter) {
  const auto rank = static_cast<std::size_t>(tensor.rank());
  switch (layout) {
    case TensorLayout::identity:
      return tensor == parameter;
    case TensorLayout::transposed:
      if (rank != 2) return false;
      break;
    case TensorLayout::channels_last:
      if (rank < 3) return false;
      break;
    case TensorLayout::depthwise:
      return rank == 4 && parameter.rank() == 4 && tensor[3] * tensor[2] == parameter[0] &&
             parameter[1] == 1 && tensor[0] == parameter[2] && tensor[1] == parameter[3];
  }
  return Shape(permuted_extents(tensor, axes_of(layout, rank))) == parameter;
}

/// The elements in the order of the permuted axes.
std::vector<double> permuted(const Literal& tensor, const std::vector<std::size_t>& axes) {
  const std::vector<std::int64_t> extents = permuted_extents(tensor.shape(), axes);
  const std::vector<std::int64_t> strides = tensor.shape().strides();
  const std::vector<double> values = tensor.doubles();
  std::vector<std::int64_t> index(axes.size(), 0);
  std::vector<double> result;
  result.reserve(values.size());
  for (std::size_t count = 0; count < values.size(); ++count) {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) at += index[i] * strides[axes[i]];
    result.push_back(values[static_cast<std::size_t>(at)]);
    for (std::size_t i = axes.size(); i-- > 0;) {
      if (++index[i] < extents[i]) break;
      index[i] = 0;
    }
  }
  return result;
}

}  // namespace

std::string_view name_of(TensorLayout layout) {
  switch (layout) {
    case TensorLayout::identity:
      return "as it is";
    case TensorLayout::transposed:
      return "transposed";
    case TensorLayout::channels_last:
      return "channels last";
    case TensorLayout::depthwise:
      return "depthwise";
  }
  return "?";
}

std::vector<TensorLayout> fitting_layouts(const Shape& tensor, const Shape& parameter) {
  std::vector<TensorLayout> layouts;
  for (const TensorLayout layout : std::array{TensorLayout::identity, TensorLayout::transposed,
                                              TensorLayout::channels_last, TensorLayout::depthwise})
    if (tensor.elements() == parameter.elements() && fits(layout, tensor, parameter))
      layouts.push_back(layout);
  return layouts;
}

Literal in_parameter_layout(const Literal& tensor, TensorLayout layout, const Shape& parameter) {
  if (!fits(layout, tensor.shape(), parameter))
    throw InputError(text("mapping: a tensor that fits ", parameter, " '", name_of(layout),
                          "' expected, ", tensor.type(), " came"));
  if (layout == TensorLayout::identity) return tensor;
  const auto axes = axes_of(layout, static_cast<std::size_t>(tensor.shape().rank()));
  return Literal::of<double>(parameter, permuted(tensor, axes)).converted(tensor.dtype());
}

}  // namespace palimpsest::inversion
