#pragma once
// The vectorised loops of the input gradient of convolutions whose input has few channels, such
// as those of an image: vectors of the cotangent's channels, summed across at the end.

#include <cstdint>

#include "ops/conv/cpu_gather_line.h"

namespace palimpsest {

inline constexpr std::int64_t max_stem_channels = 4;
/// Fewer channels of the cotangent than the narrowest vector are left to others.
inline constexpr std::int64_t least_stem_outputs = 4;

struct StemLoops {
  std::int64_t width;  ///< of a vector; there are at least as many outputs
  /// A line whose source_step is 1, of so many channels of the result:
  ///   result[j * result_step + c] = sum over rows, taps and vectors v of weights[v][c] .
  ///   source[at(v)].
  /// The last vector begins early enough to end with the source's channels; weights of lanes that
  /// then come twice are 0 the second time.
  void (*line)(const GatherLine&, std::int64_t channels);
};

/// The widest loops that this processor executes and that so many outputs fill.
StemLoops stem_loops(std::int64_t outputs);

}  // namespace palimpsest
