#pragma once
// Where the time of a program goes, launch by launch. Times are taken only in runs of a program
// that a profile is attached to (Program::profile).

#include <cstdint>
#include <vector>

namespace palimpsest::runtime {

/// Seconds of one launch.
struct LaunchTime {
  double wall = 0;   ///< summed over the runs
  double least = 0;  ///< wall time of the fastest run: what is left when nobody disturbs
  double cpu = 0;    ///< processor time of the thread that calls run(), summed over the runs
  double begin = 0;  ///< of the last run: from the beginning of the run
  double last = 0;   ///< of the last run: wall time
};

struct Profile {
  std::vector<LaunchTime> launches;  ///< one a step of the program
  std::int64_t runs = 0;             ///< that ended
};

}  // namespace palimpsest::runtime
