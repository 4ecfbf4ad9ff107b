#pragma once
// The vectorised loops of convolutions in small groups over channels-last tensors: a vector holds
// the channels of as many groups as fit into it (a unit).

#include <cstdint>

namespace palimpsest {

/// One kernel row at one row of the result.
struct GroupRow {
  const float* source;  ///< the unit's first channel at column 0
  const float* weights;
};

/// `count` places of one row of the result, which all have the same taps:
///   result[j * result_step + c] = sum over rows, taps t and channels i of a group of
///       weights[t * weight_step + i * width + c] s[channel i of the group of c]
/// where s is the source's place j * source_step + first + t * tap_step, which is left out when
/// it is not one of the source_columns.
struct GroupLine {
  std::int64_t channels, count;  ///< of all groups: from place to place of the source
  int rows, taps;
  const GroupRow* row;
  std::int64_t source_step, source_columns, first, tap_step, weight_step;
  float* result;
  std::int64_t result_step;
};

/// The filter gradient of one kernel row at one row of the cotangent:
///   sums[(t * group + i) * width + c] += ct[j][channel i of the group of c] s[c]
/// with s as above.
struct GroupSums {
  std::int64_t channels, count;
  int taps;
  const float* ct;
  const float* source;
  std::int64_t source_step, source_columns, first, tap_step;
  float* sums;
};

struct GroupLoops {
  std::int64_t width = 0;  ///< channels of a vector; 0 when no vector takes whole groups
  void (*line)(const GroupLine&) = nullptr;
  void (*sums)(const GroupSums&) = nullptr;
};

/// The widest loops that this processor executes, for groups of 4 or 8 channels. `channels`, of
/// all groups, must come to whole vectors.
GroupLoops group_loops(std::int64_t channels, std::int64_t group);

}  // namespace palimpsest
