#include "optimizers/schedule.h"

#include <array>
#include <cmath>
#include <numbers>

namespace palimpsest::optimizers {
namespace {

double step_decay(double progress) {
  double factor = 1;
  for (const double milestone : std::array{3.0 / 8, 5.0 / 8, 7.0 / 8})
    if (progress >= milestone) factor *= 0.1;
  return factor;
}

}  // namespace

double rate_factor(const Schedule& schedule, std::int64_t iteration, std::int64_t iterations) {
  if (iteration < schedule.warmup)
    return static_cast<double>(iteration + 1) / static_cast<double>(schedule.warmup);
  const double progress = static_cast<double>(iteration) / static_cast<double>(iterations);
  switch (schedule.kind) {
    case ScheduleKind::constant:
      return 1;
    case ScheduleKind::step_decay:
      return step_decay(progress);
    case ScheduleKind::cosine: {
      const auto warm = static_cast<double>(schedule.warmup);
      const double angle = (static_cast<double>(iteration) - warm) /
                           (static_cast<double>(iterations) - warm) * std::numbers::pi;
      return (1 + std::cos(angle)) / 2;
    }
  }
  return 1;
}

}  // namespace palimpsest::optimizers
