#include "ops/linalg/cpu_tile.h"

#include <cstring>

namespace palimpsest {
namespace {

/// Two vectors of Bytes wide by Rows: 2 * Rows accumulators, which must fit the register file.
/// Inlined into one function per instruction set, which alone decides how it is compiled.
template <class T, int Bytes, int Rows>
[[gnu::always_inline]] inline void multiply_tile(std::int64_t depth, const T* a, const T* b,
                                                 T* out) {
  using Vector [[gnu::vector_size(Bytes)]] = T;
  constexpr int width = Bytes / static_cast<int>(sizeof(T));
  Vector sum[Rows][2] = {};
  for (std::int64_t k = 0; k < depth; ++k, a += Rows, b += 2 * width) {
    Vector low, high;
    std::memcpy(&low, b, Bytes);
    std::memcpy(&high, b + width, Bytes);
    for (int row = 0; row < Rows; ++row) {
      sum[row][0] += a[row] * low;
      sum[row][1] += a[row] * high;
    }
  }
  std::memcpy(out, sum, sizeof(sum));
}

#if defined(__x86_64__)
template <class T>
[[gnu::target("avx512f")]] void multiply_avx512(std::int64_t depth, const T* a, const T* b,
                                                T* out) {
  multiply_tile<T, 64, 8>(depth, a, b, out);
}

template <class T>
[[gnu::target("avx2,fma")]] void multiply_avx2(std::int64_t depth, const T* a, const T* b, T* out) {
  multiply_tile<T, 32, 4>(depth, a, b, out);
}
#endif

template <class T>
void multiply_any(std::int64_t depth, const T* a, const T* b, T* out) {
  multiply_tile<T, 16, 4>(depth, a, b, out);
}

}  // namespace

template <class T>
Tile<T> best_tile() {
  constexpr int size = static_cast<int>(sizeof(T));
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {8, 128 / size, multiply_avx512<T>};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {4, 64 / size, multiply_avx2<T>};
#endif
  return {4, 32 / size, multiply_any<T>};
}

template Tile<float> best_tile<float>();
template Tile<double> best_tile<double>();

}  // namespace palimpsest
