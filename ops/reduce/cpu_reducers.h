#pragma once
// Sums and maxima as loops over consecutive numbers, their types erased: what the kernels of
// reductions are made of, alone and at the end of a fused chain. The order of operations is
// fixed by counts alone, so it is the same for every vector length and number of threads.

#include <cstddef>
#include <cstdint>

#include "graph/op.h"

namespace palimpsest::cpu {

struct ReductionLoops {
  /// Independent accumulators of take_run, for the vector units.
  static constexpr std::int64_t lanes = 32;
  /// Bytes that one accumulator takes at most.
  static constexpr std::size_t accumulator_bytes = 8;

  std::size_t element, accumulator;  ///< bytes of each

  void (*start)(std::byte* a, std::int64_t count);
  /// x[i] goes to lane i % lanes.
  void (*take_run)(const std::byte* x, std::int64_t count, std::byte* lanes);
  /// All lanes into the first.
  void (*fold)(std::byte* lanes);
  /// Row by row: column c goes to accumulator c. Rows lie one behind the other.
  void (*take_rows)(const std::byte* x, std::int64_t rows, std::int64_t columns, std::byte* a);
  /// Each row on its own: row r yields accumulator r.
  void (*reduce_rows)(const std::byte* x, std::int64_t rows, std::int64_t run, std::byte* a);
  void (*merge)(std::byte* a, const std::byte* other, std::int64_t count);
  void (*finish)(const std::byte* a, std::int64_t count, std::byte* y);
};

/// For ReduceSum and ReduceMax. Throws UnsupportedError for other primitives and dtypes.
ReductionLoops reduction_loops(const Op& op, DType dtype);

}  // namespace palimpsest::cpu
