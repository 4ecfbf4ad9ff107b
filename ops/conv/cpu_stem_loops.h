#pragma once
// The vectorised loops of the input gradient of convolutions whose input has few channels, such
// as those of an image: vectors of the cotangent's channels, summed across at the end.

#include <cstdint>

namespace palimpsest {

inline constexpr std::int64_t max_stem_channels = 4;
/// Fewer channels of the cotangent than the narrowest vector are left to others.
inline constexpr std::int64_t least_stem_outputs = 4;

/// One kernel row at one row of the result.
struct StemRow {
  const float* source;
  const float* weights;
};

/// `count` places of one row of the result, which all have the same taps:
///   result[j * result_step + c] = sum over rows, taps t and vectors v of
///       weights[t * weight_step + v][c] . source[(j + first + t * tap_step) * outputs + at(v)]
/// where a column of the source that is not one of the source_columns is left out. The last
/// vector begins early enough to end with the outputs; weights of lanes that then come twice are 0
/// the second time.
struct StemLine {
  std::int64_t count, outputs;
  int rows, taps;
  const StemRow* row;
  std::int64_t source_columns, first, tap_step, weight_step;
  float* result;
  std::int64_t result_step;
};

struct StemLoops {
  std::int64_t width;  ///< of a vector; there are at least as many outputs
  void (*line)(const StemLine&, std::int64_t channels);
};

/// The widest loops that this processor executes and that so many outputs fill.
StemLoops stem_loops(std::int64_t outputs);

}  // namespace palimpsest
