#pragma once
// How fast this machine computes and moves data, measured here and now: what the times of a
// program are compared with.

#include <cstddef>

namespace palimpsest::tools {

/// f32 operations and bytes a second, all threads together.
struct Ceilings {
  double fma = 0;        ///< fused multiply-adds on registers, two operations each
  double gemm = 0;       ///< oneDNN's product of two matrices 512 x 512
  double bandwidth = 0;  ///< a[i] = b[i] + s c[i], three moves each
};

/// Takes about a second; the best of many rounds counts. The arrays that bandwidth is measured
/// with take together what a program takes that is compared with it, at most 384 MiB: a small
/// program stays in the caches.
Ceilings measured_ceilings(int threads, std::size_t memory_bytes);

}  // namespace palimpsest::tools
