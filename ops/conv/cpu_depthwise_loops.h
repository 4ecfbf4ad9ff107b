#pragma once
// The vectorised loops of the depthwise convolutions over channels-last tensors: vectors of
// channels, one function per instruction set.

#include <cstdint>

namespace palimpsest {

/// Fewer channels than the narrowest vector are left to others.
inline constexpr std::int64_t least_depthwise_channels = 4;
/// Taps whose sums the filter gradient keeps in registers at a time.
inline constexpr int max_depthwise_sums = 9;

/// One kernel row at one row of the result: a row of the source and a row of weights.
struct DepthwiseRow {
  const float* source;
  const float* weights;
};

/// `count` places of one row of the result, which all have the same taps:
///   result[j * result_step + c] = sum over rows and taps t of weights[t * weight_step + c]
///       source[(j * source_step + first + t * tap_step) * channels + c]
/// where a column of the source that is not one of the source_columns is left out.
struct DepthwiseLine {
  std::int64_t channels, count;
  int rows, taps;
  int fresh_rows;  ///< the last rows, which the line before this one did not read
  const DepthwiseRow* row;
  std::int64_t source_step, source_columns, first, tap_step, weight_step;
  float* result;
  std::int64_t result_step;
};

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
  /// Channels [begin, end) of a line.
  void (*line)(const DepthwiseLine&, std::int64_t begin, std::int64_t end);
  void (*sums)(const DepthwiseSums&);
};

/// The widest loops that this processor executes and that so many channels fill.
DepthwiseLoops depthwise_loops(std::int64_t channels);

}  // namespace palimpsest
