#include "ops/conv/cpu_group_loops.h"

#include <algorithm>
#include <utility>

#include "ops/conv/cpu_vector.h"

namespace palimpsest {
namespace {

using cpu::Floats;

/// to[lane] = from[first lane of its group + Channel].
template <int Group, int Channel, class Vector, std::size_t... Lane>
[[gnu::always_inline]] inline void spread(Vector& to, const Vector& from,
                                          std::index_sequence<Lane...> /*lanes*/) {
  to = __builtin_shufflevector(from, from, static_cast<int>(Lane / Group * Group + Channel)...);
}

template <int Bytes, int Group, int Channel>
[[gnu::always_inline]] inline void load_spread(typename Floats<Bytes>::Vector& to,
                                               const float* from) {
  typename Floats<Bytes>::Vector all;
  cpu::load(all, from);
  spread<Group, Channel>(to, all, std::make_index_sequence<Floats<Bytes>::width>{});
}

/// Adds one channel of the groups, of one kernel row, to T places from column `column` on. Taps
/// are adjacent, so every vector of the source is spread once and meets all of its taps.
template <int Bytes, int T, int Taps, int Step, int Group, bool Inside, int Channel>
[[gnu::always_inline]] inline void add_channel(const GatherLine& l, const GatherRow& row,
                                               std::int64_t column,
                                               typename Floats<Bytes>::Vector (&sums)[T]) {
  using Vector = typename Floats<Bytes>::Vector;
  Vector w[Taps];
#pragma GCC unroll 8
  for (int tap = 0; tap < Taps; ++tap)
    cpu::load(w[tap], row.weights + tap * l.weight_step + Channel * Floats<Bytes>::width);
#pragma GCC unroll 64
  for (int i = 0; i < (T - 1) * Step + Taps; ++i) {
    if (!Inside && (column + i < 0 || column + i >= l.source_columns)) continue;
    Vector x;
    load_spread<Bytes, Group, Channel>(x, row.source + (column + i) * l.channels);
#pragma GCC unroll 8
    for (int tap = 0; tap < Taps; ++tap)
      if (i >= tap && (i - tap) % Step == 0 && (i - tap) / Step < T)
        sums[(i - tap) / Step] += x * w[tap];
  }
}

/// The same for one tap and any step.
template <int Bytes, int T, int Group, bool Inside, int Channel>
[[gnu::always_inline]] inline void add_tap(const GatherLine& l, const float* source,
                                           const float* weights, std::int64_t column,
                                           typename Floats<Bytes>::Vector (&sums)[T]) {
  using Vector = typename Floats<Bytes>::Vector;
  Vector w;
  cpu::load(w, weights + Channel * Floats<Bytes>::width);
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) {
    const std::int64_t at = column + t * l.source_step;
    if (!Inside && (at < 0 || at >= l.source_columns)) continue;
    Vector x;
    load_spread<Bytes, Group, Channel>(x, source + at * l.channels);
    sums[t] += x * w;
  }
}

template <int Bytes, int T, int Taps, int Step, int Group, bool Inside, int... Channel>
[[gnu::always_inline]] inline void tile(const GatherLine& l, std::int64_t begin,
                                        std::integer_sequence<int, Channel...> /*channels*/) {
  typename Floats<Bytes>::Vector sums[T] = {};
  const std::int64_t column = begin * l.source_step + l.first;
  for (int r = 0; r < l.rows; ++r) {
    const GatherRow& row = l.row[r];
    if constexpr (Taps > 0) {
      (add_channel<Bytes, T, Taps, Step, Group, Inside, Channel>(l, row, column, sums), ...);
    } else {
      for (int tap = 0; tap < l.taps; ++tap)
        (add_tap<Bytes, T, Group, Inside, Channel>(l, row.source, row.weights + tap * l.weight_step,
                                                   column + tap * l.tap_step, sums),
         ...);
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < T; ++t) cpu::store(l.result + (begin + t) * l.result_step, sums[t]);
}

/// Tiles of T places; the last begins early enough to end with the line.
template <int Bytes, int T, int Taps, int Step, int Group>
[[gnu::always_inline]] inline void tiles(const GatherLine& l) {
  constexpr auto channels = std::make_integer_sequence<int, Group>{};
  const std::int64_t reach = (T - 1) * l.source_step + (l.taps - 1) * l.tap_step;
  for (std::int64_t begin = 0; begin < l.count; begin += T) {
    const std::int64_t place = std::min(begin, l.count - T);
    const std::int64_t column = place * l.source_step + l.first;
    if (column >= 0 && column + reach < l.source_columns)
      tile<Bytes, T, Taps, Step, Group, true>(l, place, channels);
    else
      tile<Bytes, T, Taps, Step, Group, false>(l, place, channels);
  }
}

template <int Bytes, int T, int Taps, int Step, int Group>
[[gnu::always_inline]] inline void line_of(const GatherLine& l) {
  constexpr int half = T / 2;
  constexpr std::int64_t many = std::int64_t{2} * T;
  if (l.count % T == 0 || l.count > many) return tiles<Bytes, T, Taps, Step, Group>(l);
  if (l.count >= half) return tiles<Bytes, half, Taps, Step, Group>(l);
  tiles<Bytes, 1, Taps, Step, Group>(l);
}

template <int Bytes, int T, int Group>
[[gnu::always_inline]] inline void line(const GatherLine& l) {
  const bool adjacent = l.tap_step == 1;
  if (adjacent && l.source_step == 1 && l.taps == 3) return line_of<Bytes, T, 3, 1, Group>(l);
  if (adjacent && l.source_step == 2 && l.taps == 3) return line_of<Bytes, T, 3, 2, Group>(l);
  line_of<Bytes, T, 0, 0, Group>(l);
}

/// Channel i of one place of the cotangent.
template <int Bytes, int Taps, int Group, int Channel>
[[gnu::always_inline]] inline void add_output(const float* ct,
                                              const typename Floats<Bytes>::Vector (&x)[Taps],
                                              typename Floats<Bytes>::Vector (&sums)[Taps][Group]) {
  typename Floats<Bytes>::Vector cotangent;
  load_spread<Bytes, Group, Channel>(cotangent, ct);
#pragma GCC unroll 8
  for (int tap = 0; tap < Taps; ++tap) sums[tap][Channel] += cotangent * x[tap];
}

template <int Bytes, int Taps, int Group, bool Inside, int... Channel>
[[gnu::always_inline]] inline void add_places(const GroupSums& l, std::int64_t begin,
                                              std::int64_t end,
                                              typename Floats<Bytes>::Vector (&sums)[Taps][Group],
                                              std::integer_sequence<int, Channel...> /*channels*/) {
  for (std::int64_t j = begin; j < end; ++j) {
    typename Floats<Bytes>::Vector x[Taps];
#pragma GCC unroll 8
    for (int tap = 0; tap < Taps; ++tap) {
      const std::int64_t column = j * l.source_step + l.first + tap * l.tap_step;
      x[tap] = typename Floats<Bytes>::Vector{};
      if (Inside || (column >= 0 && column < l.source_columns))
        cpu::load(x[tap], l.source + column * l.channels);
    }
    (add_output<Bytes, Taps, Group, Channel>(l.ct + j * l.channels, x, sums), ...);
  }
}

template <int Bytes, int Taps, int Group>
[[gnu::always_inline]] inline void sums_of(const GroupSums& l) {
  using Vector = typename Floats<Bytes>::Vector;
  constexpr std::ptrdiff_t width = Floats<Bytes>::width;
  constexpr auto channels = std::make_integer_sequence<int, Group>{};
  Vector sums[Taps][Group];
#pragma GCC unroll 8
  for (int tap = 0; tap < Taps; ++tap)
#pragma GCC unroll 8
    for (int i = 0; i < Group; ++i) cpu::load(sums[tap][i], l.sums + (tap * Group + i) * width);
  const std::int64_t last = l.source_columns - l.first - (Taps - 1) * l.tap_step;
  const std::int64_t begin =
      std::min(l.count, l.first < 0 ? (l.source_step - 1 - l.first) / l.source_step : 0);
  const std::int64_t end =
      std::clamp(last > 0 ? (last + l.source_step - 1) / l.source_step : 0, begin, l.count);
  add_places<Bytes, Taps, Group, false>(l, 0, begin, sums, channels);
  add_places<Bytes, Taps, Group, true>(l, begin, end, sums, channels);
  add_places<Bytes, Taps, Group, false>(l, end, l.count, sums, channels);
#pragma GCC unroll 8
  for (int tap = 0; tap < Taps; ++tap)
#pragma GCC unroll 8
    for (int i = 0; i < Group; ++i) cpu::store(l.sums + (tap * Group + i) * width, sums[tap][i]);
}

template <int Bytes, int Group>
[[gnu::always_inline]] inline void sums(const GroupSums& l) {
  if (l.taps == 3) return sums_of<Bytes, 3, Group>(l);
  GroupSums tap = l;
  for (tap.taps = 1; tap.first < l.first + l.taps * l.tap_step; tap.first += l.tap_step) {
    sums_of<Bytes, 1, Group>(tap);
    tap.sums += Group * Floats<Bytes>::width;
  }
}

#if defined(__x86_64__)
template <int Group>
[[gnu::target("avx512f")]] void line_avx512(const GatherLine& l) {
  if (l.count % 7 == 0) return line<64, 14, Group>(l);
  line<64, 8, Group>(l);
}
template <int Group>
[[gnu::target("avx512f")]] void sums_avx512(const GroupSums& l) {
  sums<64, Group>(l);
}
template <int Group>
[[gnu::target("avx2,fma")]] void line_avx2(const GatherLine& l) {
  line<32, 8, Group>(l);
}
template <int Group>
[[gnu::target("avx2,fma")]] void sums_avx2(const GroupSums& l) {
  sums<32, Group>(l);
}

template <int Group>
GroupLoops x86_loops(std::int64_t channels) {
  if (channels % 16 == 0 && __builtin_cpu_supports("avx512f"))
    return {16, line_avx512<Group>, sums_avx512<Group>};
  if (channels % 8 == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {8, line_avx2<Group>, sums_avx2<Group>};
  return {};
}
#endif

void line_any(const GatherLine& l) { line<16, 8, 4>(l); }
void sums_any(const GroupSums& l) { sums<16, 4>(l); }

}  // namespace

GroupLoops group_loops(std::int64_t channels, std::int64_t group) {
  if ((group != 4 && group != 8) || channels % group != 0) return {};
#if defined(__x86_64__)
  const GroupLoops loops = group == 4 ? x86_loops<4>(channels) : x86_loops<8>(channels);
  if (loops.width > 0) return loops;
#endif
  return group == 4 ? GroupLoops{4, line_any, sums_any} : GroupLoops{};
}

}  // namespace palimpsest
