#pragma once
// The CPU's one way to run in parallel: OpenMP, because oneDNN runs on it and one process
// should have one threading runtime. The number of threads is the caller's, through
// ThreadScope. Chunks do not depend on it, so neither do results.

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace palimpsest::runtime {

namespace detail {
/// How many parallel regions surround the innermost ThreadScope of this thread.
inline thread_local int surrounding_regions = 0;
}  // namespace detail

/// While it lives, parallel work of this thread (own and oneDNN's) uses `threads` threads.
class ThreadScope {
 public:
  explicit ThreadScope(int threads)
      : previous_(omp_get_max_threads()), previous_regions_(detail::surrounding_regions) {
    omp_set_num_threads(threads);
    detail::surrounding_regions = omp_get_level();
  }
  ~ThreadScope() {
    omp_set_num_threads(previous_);
    detail::surrounding_regions = previous_regions_;
  }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int previous_, previous_regions_;
};

/// The calling thread's number among the threads of its scope, from 0: what picks its part of a
/// kernel's workspace. Programs that run side by side have scopes of their own.
inline int thread_in_scope() {
  return omp_get_level() > detail::surrounding_regions ? omp_get_thread_num() : 0;
}

/// Calls body(begin, end) for consecutive chunks of `grain` elements of [0, count), in
/// parallel when there is more than one chunk. `body` must not throw.
template <class Body>
void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
  const std::int64_t chunks = (count + grain - 1) / grain;
  if (chunks <= 1) {
    if (count > 0) body(std::int64_t{0}, count);
    return;
  }
#pragma omp parallel for schedule(static)
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
    body(chunk * grain, std::min(count, (chunk + 1) * grain));
}

/// Elements per chunk for work of about one operation an element.
inline constexpr std::int64_t pointwise_grain = 1 << 15;

}  // namespace palimpsest::runtime
