#pragma once
// The clock around the launches of one run. Private to program.cpp.

#include <algorithm>
#include <chrono>
#include <ctime>

#include "runtime/profile.h"

namespace palimpsest::runtime {

/// Does nothing, and reads no clock, when there is no profile.
class ProfiledRun {
 public:
  explicit ProfiledRun(Profile* profile) : profile_(profile) {
    if (profile_) start_ = Clock::now();
  }

  void begin(std::size_t launch) {
    if (!profile_) return;
    profile_->launches[launch].begin = seconds(Clock::now() - start_);
    cpu_ = thread_seconds();
  }

  void end(std::size_t launch) {
    if (!profile_) return;
    LaunchTime& time = profile_->launches[launch];
    time.cpu += thread_seconds() - cpu_;
    time.last = seconds(Clock::now() - start_) - time.begin;
    time.wall += time.last;
    time.least = profile_->runs == 0 ? time.last : std::min(time.least, time.last);
  }

  void finish() {
    if (profile_) ++profile_->runs;
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double seconds(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
  }

  static double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  }

  Profile* profile_;
  Clock::time_point start_;
  double cpu_ = 0;
};

}  // namespace palimpsest::runtime
