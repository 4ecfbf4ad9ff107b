#pragma once
// Sums and maxima as loops over consecutive numbers, their types erased: what the kernels of
// reductions are made of, alone and at the end of a fused chain. The order of operations is
// fixed by counts alone, so it is the same for every vector length and number of threads.

#include <cstddef>
#include <cstdint>

#include "graph/op.h"

namespace palimpsest::cpu {

/// What a reduction takes in: elements of `a`, or products of elements of `a` and `b`.
struct Terms {
  const std::byte* a = nullptr;
  const std::byte* b = nullptr;
};

/// How the terms come about. Sums of f64 may read f32 and widen it in registers.
struct TermsKind {
  DType stored = DType::f32;  ///< of a and b
  bool product = false;
  bool operator==(const TermsKind&) const = default;
};

struct ReductionLoops {
  /// Independent accumulators of take_run, for the vector units.
  static constexpr std::int64_t lanes = 32;
  /// Bytes that one accumulator takes at most.
  static constexpr std::size_t accumulator_bytes = 8;

  std::size_t stored;               ///< bytes of an element of a and b
  std::size_t result, accumulator;  ///< bytes of each

  void (*start)(std::byte* a, std::int64_t count);
  /// Term i goes to lane i % lanes.
  void (*take_run)(Terms x, std::int64_t count, std::byte* lanes);
  /// All lanes into the first.
  void (*fold)(std::byte* lanes);
  /// Row by row: column c goes to accumulator c. Rows lie one behind the other.
  void (*take_rows)(Terms x, std::int64_t rows, std::int64_t columns, std::byte* a);
  /// Each row on its own: row r yields accumulator r.
  void (*reduce_rows)(Terms x, std::int64_t rows, std::int64_t run, std::byte* a);
  void (*merge)(std::byte* a, const std::byte* other, std::int64_t count);
  void (*finish)(const std::byte* a, std::int64_t count, std::byte* y);
};

/// True for the kinds of terms that there are loops for; always for elements of `dtype` as they
/// are.
bool can_reduce(const Op& op, DType dtype, const TermsKind& kind);
/// For ReduceSum and ReduceMax with results of `dtype`. Throws UnsupportedError for other
/// primitives, dtypes and kinds of terms.
ReductionLoops reduction_loops(const Op& op, DType dtype, const TermsKind& kind);

}  // namespace palimpsest::cpu
