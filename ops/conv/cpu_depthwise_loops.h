#pragma once
// The vectorised loops of the depthwise convolutions over channels-last tensors: vectors of
// channels, one function per instruction set.

#include <cstdint>

#include "ops/conv/cpu_gather_line.h"

namespace palimpsest {

/// Fewer channels than the narrowest vector are left to others.
inline constexpr std::int64_t least_depthwise_channels = 4;
/// Taps whose sums the filter gradient keeps in registers at a time.
inline constexpr int max_depthwise_sums = 9;

/// Consecutive places of a row of the result for the filter gradient. Their sources lie evenly,
/// or there is one place, and then any tap may read zeros.
struct DepthwiseSegment {
  std::int64_t count;
  const float* ct;
  const float* source[max_depthwise_sums];
};

/// sums[t][c] += sum over segments, and over j < count of each, of ct[j * channels + c]
///               source[t][j * source_step + c].
/// The last vector of channels begins early enough to end with them, but its sums lie behind
/// those of the vectors before it.
struct DepthwiseSums {
  std::int64_t channels, source_step;
  int taps, segments;
  const DepthwiseSegment* segment;
  float* sums[max_depthwise_sums];
};

struct DepthwiseLoops {
  int width;  ///< channels of a vector; there are at least as many
  /// Channels [begin, end) of a line:
  ///   result[j * result_step + c] = sum over rows and taps of weights[c] source[c].
  void (*line)(const GatherLine&, std::int64_t begin, std::int64_t end);
  void (*sums)(const DepthwiseSums&);
};

/// The widest loops that this processor executes and that so many channels fill.
DepthwiseLoops depthwise_loops(std::int64_t channels);

}  // namespace palimpsest
