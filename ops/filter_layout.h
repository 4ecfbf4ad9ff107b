#pragma once
// How filters [O, C, kernel...] lie in memory. Geometries always speak of the logical axes; in
// blocks the tensors themselves are [O / 16, C / 16, kernel..., 16 of C, 16 of O], the order in
// which oneDNN's kernels read filters and write their gradients.

#include "graph/tensor_type.h"

namespace palimpsest {

inline constexpr std::int64_t filter_block = 16;

/// Both channel axes come in whole blocks.
inline bool fits_filter_blocks(const Shape& logical) {
  return logical.rank() >= 3 && logical[0] > 0 && logical[1] > 0 &&
         logical[0] % filter_block == 0 && logical[1] % filter_block == 0;
}

/// The shape of the tensor that stores a logical [O, C, kernel...].
inline Shape stored_filter_shape(const Shape& logical, bool blocks) {
  if (!blocks) return logical;
  std::vector<std::int64_t> extents(logical.begin(), logical.end());
  extents[0] /= filter_block;
  extents[1] /= filter_block;
  extents.insert(extents.end(), {filter_block, filter_block});
  return Shape(std::move(extents));
}

}  // namespace palimpsest
