#pragma once
// What the vectorised loops of our own channels-last convolutions are handed at a time: a line of
// places of the result. Which products they make of it is each kernel's own.

#include <cstdint>

namespace palimpsest {

/// Kernels of more rows are left to others.
inline constexpr std::int64_t max_kernel_rows = 32;

/// One kernel row at one row of the result: a row of the source and a row of weights.
struct GatherRow {
  const float* source;
  const float* weights;
};

/// `count` places of one row of the result, which all have the same taps. Place j reads, at each
/// row and tap t, place j * source_step + first + t * tap_step of the source's row, which is left
/// out when it is not one of the source_columns, with the weights from t * weight_step on.
struct GatherLine {
  std::int64_t channels, count;  ///< channels: from place to place of the source
  int rows, taps;
  int fresh_rows;  ///< the last rows, which the line before this one did not read
  const GatherRow* row;
  std::int64_t source_step, source_columns, first, tap_step, weight_step;
  float* result;
  std::int64_t result_step;
};

}  // namespace palimpsest
