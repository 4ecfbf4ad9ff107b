#include "ops/conv/cpu_stem_loops.h"

#include <algorithm>
#include <utility>

#include "ops/conv/cpu_vector.h"

namespace palimpsest {
namespace {

using cpu::Floats;

/// Every vector is made of segments, of one sum each: first those of a, then those of b, each
/// half as long as before.
template <int Segment, class Vector, int... Lane>
[[gnu::always_inline]] inline void fold(Vector& a, const Vector& b,
                                        std::integer_sequence<int, Lane...> /*lanes*/) {
  constexpr int half = Segment / 2;
  const Vector low = __builtin_shufflevector(a, b, (Lane / half * Segment + Lane % half)...);
  const Vector high =
      __builtin_shufflevector(a, b, (Lane / half * Segment + Lane % half + half)...);
  a = low + high;
}

/// The sums across Count vectors into the first lanes of the first. Count: a power of two.
template <int Width, int Count, int Segment, class Vector>
[[gnu::always_inline]] inline void sum_across(Vector* vectors) {
  constexpr auto lanes = std::make_integer_sequence<int, Width>{};
  if constexpr (Segment > 1) {
    constexpr int left = Count > 1 ? Count / 2 : 1;
#pragma GCC unroll 8
    for (std::ptrdiff_t i = 0; i < left; ++i) {
      if constexpr (Count > 1) vectors[i] = vectors[2 * i];
      fold<Segment>(vectors[i], Count > 1 ? vectors[2 * i + 1] : vectors[i], lanes);
    }
    sum_across<Width, left, Segment / 2>(vectors);
  }
}

/// T places from place `begin` on, of which the first n are wanted.
template <int Bytes, int T, int C, bool Inside>
[[gnu::always_inline]] inline void tile(const GatherLine& l, std::int64_t begin, std::int64_t n) {
  using Vector = typename Floats<Bytes>::Vector;
  constexpr std::ptrdiff_t width = Floats<Bytes>::width;
  Vector sums[T * C] = {};
  for (int r = 0; r < l.rows; ++r) {
    const float* weights = l.row[r].weights;
    std::int64_t column = begin + l.first;
    for (int tap = 0; tap < l.taps; ++tap, column += l.tap_step, weights += l.weight_step) {
      const float* const source = l.row[r].source + column * l.channels;
      const float* weight = weights;
      for (std::int64_t at = 0; at < l.channels; at += width, weight += C * width) {
        const float* const from = source + std::min(at, l.channels - width);
        Vector w[C];
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c) cpu::load(w[c], weight + c * width);
#pragma GCC unroll 16
        for (int t = 0; t < T; ++t) {
          if (!Inside && (column + t < 0 || column + t >= l.source_columns)) continue;
          Vector ct;
          cpu::load(ct, from + t * l.channels);
#pragma GCC unroll 4
          for (int c = 0; c < C; ++c) sums[t * C + c] += ct * w[c];
        }
      }
    }
  }
  constexpr int group = T * C % 8 == 0 && width >= 8 ? 8 : 4;
  float totals[T * C];
#pragma GCC unroll 8
  for (int i = 0; i < T * C; i += group) {
    sum_across<width, group, width>(sums + i);
    std::memcpy(totals + i, &sums[i], group * sizeof(float));
  }
  float* result = l.result + begin * l.result_step;
  for (int t = 0; t < T && t < n; ++t, result += l.result_step)
    std::memcpy(result, totals + t * C, C * sizeof(float));
}

template <int Bytes, int T, int C>
[[gnu::always_inline]] inline void line_of(const GatherLine& l) {
  if (l.count < T) {
    constexpr int few = 4;  // a vector's sums of any number of channels come to whole fours
    for (std::int64_t begin = 0; begin < l.count; begin += few)
      tile<Bytes, few, C, false>(l, begin, l.count - begin);
    return;
  }
  const std::int64_t reach = T - 1 + (l.taps - 1) * l.tap_step;
  for (std::int64_t begin = 0; begin < l.count; begin += T) {
    // The last tile begins early enough to end with the line.
    const std::int64_t place = std::min(begin, l.count - T), column = place + l.first;
    if (column >= 0 && column + reach < l.source_columns)
      tile<Bytes, T, C, true>(l, place, T);
    else
      tile<Bytes, T, C, false>(l, place, T);
  }
}

template <int Bytes, int T>
[[gnu::always_inline]] inline void line(const GatherLine& l, std::int64_t channels) {
  if (channels == 1) return line_of<Bytes, T, 1>(l);
  if (channels == 2) return line_of<Bytes, T, 2>(l);
  if (channels == 3) return line_of<Bytes, T, 3>(l);
  line_of<Bytes, 4, 4>(l);
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] void line_avx512(const GatherLine& l, std::int64_t channels) {
  line<64, 8>(l, channels);
}
// Half as wide vectors, but as many of them.
[[gnu::target("avx512f,avx512vl")]] void line_avx512_half(const GatherLine& l,
                                                          std::int64_t channels) {
  line<32, 8>(l, channels);
}
[[gnu::target("avx2,fma")]] void line_avx2(const GatherLine& l, std::int64_t channels) {
  line<32, 4>(l, channels);
}
#endif

void line_any(const GatherLine& l, std::int64_t channels) { line<16, 4>(l, channels); }

}  // namespace

StemLoops stem_loops([[maybe_unused]] std::int64_t outputs) {
#if defined(__x86_64__)
  const bool half = outputs >= 8;
  if (outputs >= 16 && __builtin_cpu_supports("avx512f")) return {16, line_avx512};
  if (half && __builtin_cpu_supports("avx512vl")) return {8, line_avx512_half};
  if (half && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {8, line_avx2};
#endif
  return {4, line_any};
}

}  // namespace palimpsest
