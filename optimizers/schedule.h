#pragma once
// Learning rates as functions of the iteration. The host evaluates them and feeds a scalar.

#include <cstdint>

namespace palimpsest::optimizers {

enum class ScheduleKind {
  constant,
  step_decay,  ///< times 0.1 at 3/8, 5/8 and 7/8 of the run (Geiping et al. 2020)
  cosine       ///< half a cosine from 1 down to 0
};

struct Schedule {
  ScheduleKind kind = ScheduleKind::constant;
  std::int64_t warmup = 0;  ///< iterations of linear growth from 0 before the schedule
};

/// The factor on the base rate at `iteration` in [0, iterations).
double rate_factor(const Schedule& schedule, std::int64_t iteration, std::int64_t iterations);

}  // namespace palimpsest::optimizers
