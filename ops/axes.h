#pragma once
// Lists of axes: the one normal form that primitives store, and their printed form.

#include <algorithm>
#include <ranges>
#include <string>
#include <vector>

#include "graph/error.h"
#include "graph/tensor_type.h"

namespace palimpsest {

/// Axes counted from the front, sorted; an empty list means all axes. Throws ShapeError for
/// an axis out of range or named twice.
inline std::vector<int> normal_axes(const Shape& shape, std::vector<int> axes) {
  if (axes.empty())
    for (int axis = 0; axis < shape.rank(); ++axis) axes.push_back(axis);
  for (int& axis : axes) axis = static_cast<int>(shape.index(axis));
  std::ranges::sort(axes);
  if (const auto twice = std::ranges::adjacent_find(axes); twice != axes.end())
    throw ShapeError(text("axis ", *twice, " of ", shape, " is named twice"));
  return axes;
}

/// What shape rules of stored axes demand: normal form already. Throws ShapeError otherwise.
inline void expect_normal(std::string_view name, const Shape& shape, const std::vector<int>& axes) {
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (axes[i] < 0 || axes[i] >= shape.rank() || (i > 0 && axes[i] <= axes[i - 1]))
      throw ShapeError(text(name, ": sorted, distinct axes of ", shape, " expected, ", axes[i],
                            " came at position ", i));
}

/// `shape` with extent 1 at the given axes.
inline Shape kept_shape(const Shape& shape, const std::vector<int>& axes) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  for (const int axis : axes) extents[static_cast<std::size_t>(axis)] = 1;
  return Shape(std::move(extents));
}

/// "[1,2]".
template <class Numbers>
std::string listed(const Numbers& numbers) {
  std::string out = "[";
  for (const auto number : numbers) out += text(out.size() > 1 ? "," : "", number);
  return out + "]";
}

}  // namespace palimpsest
