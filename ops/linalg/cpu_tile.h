#pragma once
// The inner kernel of cpu_gemm: one small tile of a product, held in vector registers.

#include <cstdint>

namespace palimpsest {

/// Upper bounds of the extents below, for buffers.
inline constexpr int max_tile_rows = 8;
inline constexpr int max_tile_columns = 32;

/// multiply: out [rows, columns] = sum over k < depth of a[k * rows + r] * b[k * columns + c].
template <class T>
struct Tile {
  int rows, columns;
  void (*multiply)(std::int64_t depth, const T* a, const T* b, T* out);
};

/// The widest tile that this processor executes. T: float or double.
template <class T>
Tile<T> best_tile();

}  // namespace palimpsest
