#pragma once
// The vectorised loops of convolutions in small groups over channels-last tensors: a vector holds
// the channels of as many groups as fit into it (a unit).

#include <cstdint>

#include "ops/conv/cpu_gather_line.h"

namespace palimpsest {

/// The filter gradient of one kernel row at one row of the cotangent:
///   sums[(t * group + i) * width + c] += ct[j][channel i of the group of c] s[c]
/// where s is the source's place j * source_step + first + t * tap_step, which is left out when
/// it is not one of the source_columns.
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
  /// result[j * result_step + c] = sum over rows, taps and channels i of a group of
  ///     weights[i * width + c] source[channel i of the group of c].
  void (*line)(const GatherLine&) = nullptr;
  void (*sums)(const GroupSums&) = nullptr;
};

/// The widest loops that this processor executes, for groups of 4 or 8 channels. `channels`, of
/// all groups, must come to whole vectors.
GroupLoops group_loops(std::int64_t channels, std::int64_t group);

}  // namespace palimpsest
