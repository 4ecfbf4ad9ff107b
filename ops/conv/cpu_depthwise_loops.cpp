#include "ops/conv/cpu_depthwise_loops.h"

#include <algorithm>

#include "ops/conv/cpu_vector.h"

namespace palimpsest {
namespace {

using cpu::Floats;

/// Adds one kernel row to T places from column `column` of the source on, for V vectors of
/// channels. Taps are adjacent, so every vector of the source is loaded once and meets all of
/// its taps. Step is the source's step from place to place.
template <int Bytes, int T, int V, int Taps, int Step, bool Inside>
[[gnu::always_inline]] inline void add_row(const GatherLine& l, const float* source,
                                           const float* weights, std::int64_t column,
                                           typename Floats<Bytes>::Vector (&sums)[T][V]) {
  using Vector = typename Floats<Bytes>::Vector;
  constexpr std::ptrdiff_t width = Floats<Bytes>::width;
  Vector w[Taps][V];
#pragma GCC unroll 32
  for (int tap = 0; tap < Taps; ++tap)
#pragma GCC unroll 32
    for (int v = 0; v < V; ++v) cpu::load(w[tap][v], weights + tap * l.weight_step + v * width);
#pragma GCC unroll 32
  for (int i = 0; i < (T - 1) * Step + Taps; ++i) {
    if (!Inside && (column + i < 0 || column + i >= l.source_columns)) continue;
    Vector x[V];
#pragma GCC unroll 32
    for (int v = 0; v < V; ++v) cpu::load(x[v], source + (column + i) * l.channels + v * width);
#pragma GCC unroll 32
    for (int tap = 0; tap < Taps; ++tap)
      if (i >= tap && (i - tap) % Step == 0 && (i - tap) / Step < T)
#pragma GCC unroll 32
        for (int v = 0; v < V; ++v) sums[(i - tap) / Step][v] += x[v] * w[tap][v];
  }
}

/// The same for taps and steps of any kind, one tap at a time.
template <int Bytes, int T, int V, bool Inside>
[[gnu::always_inline]] inline void add_taps(const GatherLine& l, const float* source,
                                            const float* weights, std::int64_t column,
                                            typename Floats<Bytes>::Vector (&sums)[T][V]) {
  using Vector = typename Floats<Bytes>::Vector;
  constexpr std::ptrdiff_t width = Floats<Bytes>::width;
#pragma GCC unroll 32
  for (int tap = 0; tap < l.taps; ++tap, column += l.tap_step, weights += l.weight_step) {
    Vector w[V];
#pragma GCC unroll 32
    for (int v = 0; v < V; ++v) cpu::load(w[v], weights + v * width);
#pragma GCC unroll 32
    for (int t = 0; t < T; ++t) {
      const std::int64_t at = column + t * l.source_step;
      if (!Inside && (at < 0 || at >= l.source_columns)) continue;
#pragma GCC unroll 32
      for (int v = 0; v < V; ++v) {
        Vector x;
        cpu::load(x, source + at * l.channels + v * width);
        sums[t][v] += x * w[v];
      }
    }
  }
}

/// Asks for what the tile from place `begin` on reads for the first time. Rows are far apart, so
/// that the processor does not foresee it.
template <int Bytes, int T, int V>
[[gnu::always_inline]] inline void fetch(const GatherLine& l, std::int64_t begin, std::int64_t c) {
  const std::int64_t column = begin * l.source_step + l.first + l.taps - 1;
  for (int r = l.rows - l.fresh_rows; r < l.rows; ++r) {
    const float* at = l.row[r].source + column * l.channels + c;
    for (std::int64_t i = 0; i < T * l.source_step; ++i, at += l.channels)
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) __builtin_prefetch(at + v * Floats<Bytes>::width);
  }
}

/// T places from place `begin` on, V vectors of channels from c on. Taps = 0: of any kind.
template <int Bytes, int T, int V, int Taps, int Step, bool Inside>
[[gnu::always_inline]] inline void tile(const GatherLine& l, std::int64_t begin, std::int64_t c) {
  constexpr std::ptrdiff_t width = Floats<Bytes>::width;
  typename Floats<Bytes>::Vector sums[T][V] = {};
  const std::int64_t column = begin * l.source_step + l.first;
  if constexpr (Inside) fetch<Bytes, T, V>(l, begin + T, c);
  for (int r = 0; r < l.rows; ++r) {
    const float *source = l.row[r].source + c, *weights = l.row[r].weights + c;
    if constexpr (Taps > 0)
      add_row<Bytes, T, V, Taps, Step, Inside>(l, source, weights, column, sums);
    else
      add_taps<Bytes, T, V, Inside>(l, source, weights, column, sums);
  }
  float* const result = l.result + begin * l.result_step + c;
#pragma GCC unroll 32
  for (int t = 0; t < T; ++t)
#pragma GCC unroll 32
    for (int v = 0; v < V; ++v) cpu::store(result + t * l.result_step + v * width, sums[t][v]);
}

/// Channels [c, end). The last vector begins early enough to end with all channels.
template <int Bytes, int T, int Taps, int Step, bool Inside>
[[gnu::always_inline]] inline void tile_channels(const GatherLine& l, std::int64_t begin,
                                                 std::int64_t c, std::int64_t end) {
  constexpr std::ptrdiff_t width = Floats<Bytes>::width;
  for (; c + 2 * width <= end; c += 2 * width) tile<Bytes, T, 2, Taps, Step, Inside>(l, begin, c);
  for (; c < end; c += width)
    tile<Bytes, T, 1, Taps, Step, Inside>(l, begin, std::min(c, l.channels - width));
}

template <int Bytes, int T, int Taps, int Step>
[[gnu::always_inline]] inline void tiles(const GatherLine& l, std::int64_t begin, std::int64_t end,
                                         std::int64_t c, std::int64_t c_end) {
  const std::int64_t reach = (T - 1) * l.source_step + (l.taps - 1) * l.tap_step;
  for (; begin < end; begin += T) {
    // The last tile begins early enough to end with the line.
    const std::int64_t place = std::min(begin, l.count - T);
    const std::int64_t column = place * l.source_step + l.first;
    if (column >= 0 && column + reach < l.source_columns)
      tile_channels<Bytes, T, Taps, Step, true>(l, place, c, c_end);
    else
      tile_channels<Bytes, T, Taps, Step, false>(l, place, c, c_end);
  }
}

template <int Bytes, int T, int Taps, int Step>
[[gnu::always_inline]] inline void line_of(const GatherLine& l, std::int64_t c,
                                           std::int64_t c_end) {
  if (l.count >= T)
    tiles<Bytes, T, Taps, Step>(l, 0, l.count, c, c_end);
  else if (l.count >= T / 2)
    tiles<Bytes, T / 2, Taps, Step>(l, 0, l.count, c, c_end);
  else
    tiles<Bytes, 1, Taps, Step>(l, 0, l.count, c, c_end);
}

template <int Bytes, int T>
[[gnu::always_inline]] inline void line(const GatherLine& l, std::int64_t c, std::int64_t c_end) {
  const bool adjacent = l.tap_step == 1;
  if (adjacent && l.source_step == 1 && l.taps == 2) return line_of<Bytes, T, 2, 1>(l, c, c_end);
  if (adjacent && l.source_step == 1 && l.taps == 3) return line_of<Bytes, T, 3, 1>(l, c, c_end);
  if (adjacent && l.source_step == 2 && l.taps == 3) return line_of<Bytes, T, 3, 2>(l, c, c_end);
  if (adjacent && l.source_step == 1 && l.taps == 5) return line_of<Bytes, T, 5, 1>(l, c, c_end);
  if (adjacent && l.source_step == 1 && l.taps == 7) return line_of<Bytes, T, 7, 1>(l, c, c_end);
  line_of<Bytes, T, 0, 0>(l, c, c_end);
}

template <int Bytes, int Taps>
[[gnu::always_inline]] inline void add_segment(const DepthwiseSums& l,
                                               const DepthwiseSegment& segment, std::int64_t c,
                                               typename Floats<Bytes>::Vector (&sums)[Taps]) {
  using Vector = typename Floats<Bytes>::Vector;
  const float* ct = segment.ct + c;
  std::int64_t at = c;
  for (std::int64_t j = 0; j < segment.count; ++j, ct += l.channels, at += l.source_step) {
    Vector cotangent;
    cpu::load(cotangent, ct);
#pragma GCC unroll 32
    for (int tap = 0; tap < Taps; ++tap) {
      Vector x;
      cpu::load(x, segment.source[tap] + at);
      sums[tap] += cotangent * x;
    }
  }
}

template <int Bytes, int Taps>
[[gnu::always_inline]] inline void sums_of(const DepthwiseSums& l) {
  using Vector = typename Floats<Bytes>::Vector;
  constexpr std::ptrdiff_t width = Floats<Bytes>::width;
  for (std::int64_t at = 0; at < l.channels; at += width) {
    Vector sums[Taps];
#pragma GCC unroll 32
    for (int tap = 0; tap < Taps; ++tap) cpu::load(sums[tap], l.sums[tap] + at);
    for (int s = 0; s < l.segments; ++s)
      add_segment<Bytes, Taps>(l, l.segment[s], std::min(at, l.channels - width), sums);
#pragma GCC unroll 32
    for (int tap = 0; tap < Taps; ++tap) cpu::store(l.sums[tap] + at, sums[tap]);
  }
}

template <int Bytes>
[[gnu::always_inline]] inline void sums(const DepthwiseSums& l) {
  switch (l.taps) {
    case 1:
      return sums_of<Bytes, 1>(l);
    case 2:
      return sums_of<Bytes, 2>(l);
    case 3:
      return sums_of<Bytes, 3>(l);
    case 4:
      return sums_of<Bytes, 4>(l);
    case 5:
      return sums_of<Bytes, 5>(l);
    case 6:
      return sums_of<Bytes, 6>(l);
    case 7:
      return sums_of<Bytes, 7>(l);
    case 8:
      return sums_of<Bytes, 8>(l);
    default:
      return sums_of<Bytes, max_depthwise_sums>(l);
  }
}

#if defined(__x86_64__)
[[gnu::target("avx512f")]] void line_avx512(const GatherLine& l, std::int64_t c, std::int64_t end) {
  if (l.count % 7 == 0 && l.count % 8 != 0) return line<64, 7>(l, c, end);
  line<64, 8>(l, c, end);
}
[[gnu::target("avx512f")]] void sums_avx512(const DepthwiseSums& l) { sums<64>(l); }

[[gnu::target("avx2,fma")]] void line_avx2(const GatherLine& l, std::int64_t c, std::int64_t end) {
  line<32, 4>(l, c, end);
}
[[gnu::target("avx2,fma")]] void sums_avx2(const DepthwiseSums& l) { sums<32>(l); }
#endif

void line_any(const GatherLine& l, std::int64_t c, std::int64_t end) { line<16, 4>(l, c, end); }
void sums_any(const DepthwiseSums& l) { sums<16>(l); }

}  // namespace

DepthwiseLoops depthwise_loops([[maybe_unused]] std::int64_t channels) {
#if defined(__x86_64__)
  if (channels >= 16 && __builtin_cpu_supports("avx512f")) return {16, line_avx512, sums_avx512};
  if (channels >= 8 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {8, line_avx2, sums_avx2};
#endif
  return {4, line_any, sums_any};
}

}  // namespace palimpsest
