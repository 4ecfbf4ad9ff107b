#include "tests/support/sliding_sample.h"

#include <algorithm>

namespace palimpsest::testing {

SlidingSample sliding_sample(Sampler& s, int spatial_rank) {
  SlidingSample w;
  for (int axis = 0; axis < spatial_rank; ++axis) {
    w.size.push_back(s.integer(1, 3));
    w.stride.push_back(s.integer(1, 3));
    w.dilation.push_back(s.integer(1, 2));
    // A window that begins before the input reaches it, one that ends behind begins inside.
    const std::int64_t overlap = (w.size.back() - 1) * w.dilation.back();
    const std::int64_t most = std::min<std::int64_t>(2, overlap);
    w.pad_low.push_back(s.integer(0, most));
    w.pad_high.push_back(s.integer(0, most));
    const std::int64_t least = overlap + 1 - w.pad_low.back() - w.pad_high.back();
    w.extent.push_back(std::max(w.dilation.back(), least) + s.integer(0, 2));
  }
  return w;
}

Shape with_channels(std::int64_t first, std::int64_t second,
                    const std::vector<std::int64_t>& spatial) {
  std::vector<std::int64_t> extents{first, second};
  extents.insert(extents.end(), spatial.begin(), spatial.end());
  return Shape(std::move(extents));
}

}  // namespace palimpsest::testing
