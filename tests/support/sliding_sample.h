#pragma once
// Random windows that slide over spatial axes, for the rows of convolution and pooling: every
// mix of strides, dilations and unequal paddings on small extents.

#include "tests/support/sampler.h"

namespace palimpsest::testing {

/// One entry an axis.
struct SlidingSample {
  std::vector<std::int64_t> extent, size, stride, dilation, pad_low, pad_high;
};

/// Every window touches the input, and there is at least one.
SlidingSample sliding_sample(Sampler& s, int spatial_rank);

/// [first, second, spatial...].
Shape with_channels(std::int64_t first, std::int64_t second,
                    const std::vector<std::int64_t>& spatial);

}  // namespace palimpsest::testing
