#include "ops/reduce/cpu_reducers.h"

#include <algorithm>
#include <array>
#include <limits>

#include "ops/reduce/reduce.h"
#include "runtime/cpu/dispatch.h"
#include "runtime/cpu/widest.h"

namespace palimpsest::cpu {
namespace {

/// Sums of floats accumulate in f64, those of integers wrap around.
template <class T>
struct Sum {
  using Element = T;
  using Accumulator = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;
  static Accumulator start() { return 0; }
  static void take(Accumulator& sum, T x) { sum += static_cast<Accumulator>(x); }
  static void merge(Accumulator& sum, Accumulator other) { sum += other; }
  static T finish(Accumulator sum) { return static_cast<T>(sum); }
};

template <class T>
struct Max {
  using Element = T;
  using Accumulator = T;
  static T start() {
    using Limits = std::numeric_limits<T>;
    return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  }
  // Maximum::apply in a form that vectorises: a NaN stays, since no number is larger.
  static void take(T& max, T x) { max = ((x > max) | (x != x)) ? x : max; }
  static void merge(T& max, T other) { take(max, other); }
  static T finish(T max) { return max; }
};

/// Asks for what comes a tile later: loops that take turns between several streams keep the
/// processor from guessing that by itself. Behind the end of a tensor this does nothing.
template <class Stored>
[[gnu::always_inline]] inline void fetch_ahead(const Stored* first, std::int64_t count) {
  constexpr std::size_t ahead = 4096, line = 64;
  const auto* bytes = reinterpret_cast<const char*>(first) + ahead;
  for (std::size_t at = 0; at < static_cast<std::size_t>(count) * sizeof(Stored); at += line)
    __builtin_prefetch(bytes + at);
}

/// Elements as T, whatever they are stored as.
template <class Stored, class T>
struct Elements {
  using Element = Stored;
  const Stored* a;
  explicit Elements(Terms x) : a(reinterpret_cast<const Stored*>(x.a)) {}
  T operator[](std::int64_t i) const { return static_cast<T>(a[i]); }
  void fetch_beyond(std::int64_t first, std::int64_t count) const { fetch_ahead(a + first, count); }
};

template <class Stored, class T>
struct Products {
  using Element = Stored;
  const Stored *a, *b;
  explicit Products(Terms x)
      : a(reinterpret_cast<const Stored*>(x.a)), b(reinterpret_cast<const Stored*>(x.b)) {}
  T operator[](std::int64_t i) const { return static_cast<T>(a[i]) * static_cast<T>(b[i]); }
  void fetch_beyond(std::int64_t first, std::int64_t count) const {
    fetch_ahead(a + first, count);
    if (a != b) fetch_ahead(b + first, count);
  }
};

/// The loops of reducer R over terms X.
template <class R, class X>
struct Loops {
  using T = typename R::Element;
  using A = typename R::Accumulator;

  static A* accumulators(std::byte* a) { return reinterpret_cast<A*>(a); }
  static const A* accumulators(const std::byte* a) { return reinterpret_cast<const A*>(a); }

  static void start(std::byte* a, std::int64_t count) {
    std::fill_n(accumulators(a), count, R::start());
  }

  /// `width` accumulators side by side; those behind the last whole vector come at the end.
  template <std::int64_t width>
  [[gnu::always_inline]] static void take(X x, std::int64_t first, std::int64_t count, A* lanes) {
    std::array<A, static_cast<std::size_t>(width)> held;
    std::copy_n(lanes, width, held.begin());
    std::int64_t i = 0;
    for (; i + width <= count; i += width) {
      if (width == ReductionLoops::lanes) x.fetch_beyond(first + i, width);
#pragma omp simd
      for (std::int64_t k = 0; k < width; ++k)
        R::take(held[static_cast<std::size_t>(k)], x[first + i + k]);
    }
    std::copy_n(held.begin(), width, lanes);
    for (std::int64_t k = 0; i + k < count; ++k) R::take(lanes[k], x[first + i + k]);
  }

  template <std::int64_t width>
  [[gnu::always_inline]] static void fold_lanes(A* lanes) {
    for (std::int64_t half = width / 2; half > 0; half /= 2)
      for (std::int64_t k = 0; k < half; ++k) R::merge(lanes[k], lanes[k + half]);
  }

  [[gnu::always_inline]] static void take_run(Terms x, std::int64_t count, std::byte* lanes) {
    take<ReductionLoops::lanes>(X(x), 0, count, accumulators(lanes));
  }

  static void fold(std::byte* lanes) { fold_lanes<ReductionLoops::lanes>(accumulators(lanes)); }

  /// Four rows at a time, so that accumulators are loaded and stored less often.
  [[gnu::always_inline]] static void take_rows(Terms terms, std::int64_t rows, std::int64_t columns,
                                               std::byte* a) {
    const X x(terms);
    A* sum = accumulators(a);
    std::int64_t r = 0, row = 0;
    for (; r + 4 <= rows; r += 4, row += 4 * columns) {
      x.fetch_beyond(row, 4 * columns);
#pragma omp simd
      for (std::int64_t c = 0; c < columns; ++c) {
        A whole = sum[c];
        R::take(whole, x[row + c]);
        R::take(whole, x[row + c + columns]);
        R::take(whole, x[row + c + 2 * columns]);
        R::take(whole, x[row + c + 3 * columns]);
        sum[c] = whole;
      }
    }
    for (; r < rows; ++r, row += columns)
#pragma omp simd
      for (std::int64_t c = 0; c < columns; ++c) R::take(sum[c], x[row + c]);
  }

  /// A row by as many lanes as its length pays for.
  template <std::int64_t width>
  [[gnu::always_inline]] static A reduced(X x, std::int64_t first, std::int64_t run) {
    std::array<A, static_cast<std::size_t>(width)> lanes;
    lanes.fill(R::start());
    take<width>(x, first, run, lanes.data());
    fold_lanes<width>(lanes.data());
    return lanes[0];
  }

  [[gnu::always_inline]] static void reduce_rows(Terms terms, std::int64_t rows, std::int64_t run,
                                                 std::byte* a) {
    const X x(terms);
    A* result = accumulators(a);
    for (std::int64_t r = 0; r < rows; ++r) {
      if (run < 16)
        result[r] = reduced<1>(x, r * run, run);
      else if (run < 256)
        result[r] = reduced<8>(x, r * run, run);
      else
        result[r] = reduced<ReductionLoops::lanes>(x, r * run, run);
    }
  }

  static void merge(std::byte* a, const std::byte* other, std::int64_t count) {
    A* to = accumulators(a);
    const A* from = accumulators(other);
    for (std::int64_t i = 0; i < count; ++i) R::merge(to[i], from[i]);
  }

  static void finish(const std::byte* a, std::int64_t count, std::byte* y) {
    std::transform(accumulators(a), accumulators(a) + count, reinterpret_cast<T*>(y), R::finish);
  }

  static ReductionLoops table() {
    static_assert(sizeof(A) <= ReductionLoops::accumulator_bytes);
    return {sizeof(typename X::Element),
            sizeof(T),
            sizeof(A),
            start,
            runtime::widest<take_run>(),
            fold,
            runtime::widest<take_rows>(),
            runtime::widest<reduce_rows>(),
            merge,
            finish};
  }
};

template <class T>
ReductionLoops sum_loops(const TermsKind& kind) {
  if constexpr (std::is_same_v<T, double>) {
    if (kind == TermsKind{DType::f32, false}) return Loops<Sum<T>, Elements<float, T>>::table();
    if (kind == TermsKind{DType::f32, true}) return Loops<Sum<T>, Products<float, T>>::table();
  }
  if constexpr (std::is_floating_point_v<T>)
    if (kind.product) return Loops<Sum<T>, Products<T, T>>::table();
  return Loops<Sum<T>, Elements<T, T>>::table();
}

}  // namespace

bool can_reduce(const Op& op, DType dtype, const TermsKind& kind) {
  if (kind == TermsKind{dtype, false}) return true;
  if (!op.as<ReduceSum>() || !is_float(dtype)) return false;
  return kind.stored == dtype || (kind.stored == DType::f32 && dtype == DType::f64);
}

ReductionLoops reduction_loops(const Op& op, DType dtype, const TermsKind& kind) {
  return runtime::with_number(dtype, op.name(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (can_reduce(op, dtype, kind)) {
      if (op.as<ReduceSum>()) return sum_loops<T>(kind);
      if (op.as<ReduceMax>()) return Loops<Max<T>, Elements<T, T>>::table();
    }
    throw UnsupportedError(text("'", op.name(), "' to ", dtype, ": no reduction of such terms"));
  });
}

}  // namespace palimpsest::cpu
