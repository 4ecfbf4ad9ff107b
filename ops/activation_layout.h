#pragma once
// How activations [N, C, spatial...] lie in memory. Geometries always speak of the logical axes;
// with channels last the tensors themselves have the axes [N, spatial..., C].

#include <vector>

#include "graph/tensor_type.h"

namespace palimpsest {

/// So few channels as images have, where vectors of channels are mostly empty.
constexpr bool has_image_channels(std::int64_t channels) { return channels < 8; }

/// The logical axes in the order in which they are stored.
inline std::vector<int> stored_axes(int rank, bool channels_last) {
  std::vector<int> axes(static_cast<std::size_t>(rank));
  for (int i = 0; i < rank; ++i)
    axes[static_cast<std::size_t>(i)] = !channels_last || i == 0 ? i : i + 1 == rank ? 1 : i + 1;
  return axes;
}

/// The shape of the tensor that stores a logical [N, C, spatial...].
inline Shape stored_shape(const Shape& logical, bool channels_last) {
  std::vector<std::int64_t> extents;
  for (const int axis : stored_axes(logical.rank(), channels_last))
    extents.push_back(logical[axis]);
  return Shape(std::move(extents));
}

/// Strides of that tensor, in elements, by logical axis.
inline std::vector<std::int64_t> stored_strides(const Shape& logical, bool channels_last) {
  const std::vector<int> axes = stored_axes(logical.rank(), channels_last);
  const std::vector<std::int64_t> stored = stored_shape(logical, channels_last).strides();
  std::vector<std::int64_t> strides(stored.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    strides[static_cast<std::size_t>(axes[i])] = stored[i];
  return strides;
}

}  // namespace palimpsest
