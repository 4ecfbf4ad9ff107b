#pragma once
// Marks the functors that every device runs, so that a formula is written once.

#if defined(__CUDACC__)
#define PALIMPSEST_HOST_DEVICE __host__ __device__
#else
#define PALIMPSEST_HOST_DEVICE
#endif
