#include "ops/linalg/cpu_gemm.h"

#include <algorithm>

#include "ops/linalg/cpu_tile.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

// A task computes a block of c of these extents, in steps of block_depth. The extents are
// multiples of every tile's; packed blocks (64 and 256 KiB in f64) stay in the second cache.
constexpr std::int64_t block_rows = 64;
constexpr std::int64_t block_columns = 128;
constexpr std::int64_t block_depth = 256;

struct Range {
  std::int64_t begin, size;
};

Range block_of(std::int64_t index, std::int64_t block, std::int64_t extent) {
  return {index * block, std::min(block, extent - index * block)};
}

std::int64_t blocks_of(std::int64_t extent, std::int64_t block) {
  return (extent + block - 1) / block;
}

/// Elements of the packed blocks of one task: whole tiles, of any size of tile.
struct PackedExtents {
  explicit PackedExtents(const GemmExtents& e)
      : a(whole(e.m, max_tile_rows, block_rows) * std::min(e.k, block_depth)),
        b(whole(e.n, max_tile_columns, block_columns) * std::min(e.k, block_depth)) {}
  static std::int64_t whole(std::int64_t extent, std::int64_t tile, std::int64_t block) {
    return std::min(blocks_of(extent, tile) * tile, block);
  }
  std::int64_t a, b;
};

/// Tasks of all products.
std::int64_t tasks_of(const GemmExtents& e) {
  return blocks_of(e.m, block_rows) * blocks_of(e.n, block_columns) * e.count;
}

/// Copies a block into panels of `width` lines, depth-major: to[panel][k][line]. Lines behind
/// the end are zeros. `lines` are the rows of a or the columns of b; `steps` run along k.
template <class T>
void pack(const T* data, const std::int64_t* lines, const std::int64_t* steps, Range line_range,
          Range depth, int width, T* to) {
  for (std::int64_t first = 0; first < line_range.size; first += width) {
    const std::int64_t* line = lines + line_range.begin + first;
    const std::int64_t count = std::min<std::int64_t>(width, line_range.size - first);
    for (std::int64_t k = 0; k < depth.size; ++k, to += width) {
      const T* from = data + steps[depth.begin + k];
      for (std::int64_t i = 0; i < count; ++i) to[i] = from[line[i]];
      std::fill(to + count, to + width, T{0});
    }
  }
}

enum class Store { overwrite, add };

/// Writes the part of a tile that lies within c.
template <class T>
void store(const T* tile, int tile_columns, Range rows, Range columns, TabledMatrix<T> c,
           Store mode) {
  for (std::int64_t i = 0; i < rows.size; ++i) {
    T* to = c.data + c.rows[rows.begin + i];
    const std::int64_t* at = c.columns + columns.begin;
    const T* from = tile + i * tile_columns;
    if (mode == Store::overwrite)
      for (std::int64_t j = 0; j < columns.size; ++j) to[at[j]] = from[j];
    else
      for (std::int64_t j = 0; j < columns.size; ++j) to[at[j]] += from[j];
  }
}

/// One block of c: sums over the depth blocks, in order.
template <class T>
void multiply_block(const Tile<T>& tile, Range rows, Range columns, std::int64_t depth,
                    TabledMatrix<const T> a, TabledMatrix<const T> b, TabledMatrix<T> c,
                    T* packed_a, T* packed_b) {
  alignas(64) T sums[max_tile_rows * max_tile_columns];
  for (std::int64_t d = 0; d < blocks_of(depth, block_depth); ++d) {
    const Range k = block_of(d, block_depth, depth);
    pack(a.data, a.rows, a.columns, rows, k, tile.rows, packed_a);
    pack(b.data, b.columns, b.rows, columns, k, tile.columns, packed_b);
    for (std::int64_t j = 0; j < columns.size; j += tile.columns)
      for (std::int64_t i = 0; i < rows.size; i += tile.rows) {
        tile.multiply(k.size, packed_a + i * k.size, packed_b + j * k.size, sums);
        store(sums, tile.columns,
              {rows.begin + i, std::min<std::int64_t>(tile.rows, rows.size - i)},
              {columns.begin + j, std::min<std::int64_t>(tile.columns, columns.size - j)}, c,
              d == 0 ? Store::overwrite : Store::add);
      }
  }
}

/// An empty sum.
template <class T>
void clear(const GemmExtents& extents, TabledMatrix<T> c) {
  for (std::int64_t product = 0; product < extents.count; ++product, c.data += extents.c_step)
    for (std::int64_t i = 0; i < extents.m; ++i)
      for (std::int64_t j = 0; j < extents.n; ++j) c.data[c.rows[i] + c.columns[j]] = T{0};
}

template <class M>
M moved(M matrix, std::int64_t steps) {
  matrix.data += steps;
  return matrix;
}

}  // namespace

template <class T>
std::size_t gemm_workspace_bytes(const GemmExtents& extents, int threads) {
  const PackedExtents packed(extents);
  const std::int64_t slots = std::min<std::int64_t>(threads, tasks_of(extents));
  return static_cast<std::size_t>(slots * (packed.a + packed.b)) * sizeof(T);
}

template <class T>
void gemm(const GemmExtents& extents, TabledMatrix<const T> a, TabledMatrix<const T> b,
          TabledMatrix<T> c, std::byte* workspace, int threads) {
  if (extents.k == 0) return clear(extents, c);
  const Tile<T> tile = best_tile<T>();
  const PackedExtents packed(extents);
  const std::int64_t row_blocks = blocks_of(extents.m, block_rows);
  const std::int64_t tasks = tasks_of(extents),
                     blocks = tasks / std::max<std::int64_t>(1, extents.count);
  // One slot a thread, so that packed blocks are private; tasks are dealt to slots in turn.
  const auto work = [&](std::int64_t slot, std::int64_t) {
    T* const packed_a = reinterpret_cast<T*>(workspace) + slot * (packed.a + packed.b);
    for (std::int64_t task = slot; task < tasks; task += threads) {
      const std::int64_t product = task / blocks, block = task % blocks;
      multiply_block(tile, block_of(block % row_blocks, block_rows, extents.m),
                     block_of(block / row_blocks, block_columns, extents.n), extents.k,
                     moved(a, product * extents.a_step), moved(b, product * extents.b_step),
                     moved(c, product * extents.c_step), packed_a, packed_a + packed.a);
    }
  };
  runtime::parallel_for(std::min<std::int64_t>(threads, tasks), 1, work);
}

template std::size_t gemm_workspace_bytes<float>(const GemmExtents&, int);
template std::size_t gemm_workspace_bytes<double>(const GemmExtents&, int);
template void gemm(const GemmExtents&, TabledMatrix<const float>, TabledMatrix<const float>,
                   TabledMatrix<float>, std::byte*, int);
template void gemm(const GemmExtents&, TabledMatrix<const double>, TabledMatrix<const double>,
                   TabledMatrix<double>, std::byte*, int);

Offsets even_offsets(std::int64_t count, std::int64_t step) {
  Offsets offsets(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = static_cast<std::int64_t>(i) * step;
  return offsets;
}

Offsets nested_offsets(const Offsets& outer, const Offsets& inner) {
  Offsets offsets;
  offsets.reserve(outer.size() * inner.size());
  for (const std::int64_t base : outer)
    for (const std::int64_t step : inner) offsets.push_back(base + step);
  return offsets;
}

}  // namespace palimpsest
