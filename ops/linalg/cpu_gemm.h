#pragma once
// Our own product of matrices, for f64, for convolutions that oneDNN computes only by its
// reference code, and for odd strides. Operands are addressed through offset tables, so that
// transposition, groups and the im2col view of a padded image need no copy.
//
// Why not Eigen: its product allocates blocking buffers in every call beyond 128 KiB, which a
// kernel's run() must not, and it cannot read an im2col view in place.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace palimpsest {

/// Element (i, j) lies at data[rows[i] + columns[j]].
template <class T>
struct TabledMatrix {
  T* data;
  const std::int64_t* rows;
  const std::int64_t* columns;
};

/// `count` products of equal extents; the data of product i begins i steps further on.
struct GemmExtents {
  std::int64_t m = 0, n = 0, k = 0;
  std::int64_t count = 1, a_step = 0, b_step = 0, c_step = 0;
};

/// Bytes of workspace that `gemm<T>` needs, 64-byte aligned.
template <class T>
std::size_t gemm_workspace_bytes(const GemmExtents& extents, int threads);

/// c [m, n] = a [m, k] b [k, n], `count` times. Allocates nothing. The order of summation, hence
/// every bit of the result, does not depend on `threads`. T: float or double.
template <class T>
void gemm(const GemmExtents& extents, TabledMatrix<const T> a, TabledMatrix<const T> b,
          TabledMatrix<T> c, std::byte* workspace, int threads);

using Offsets = std::vector<std::int64_t>;

/// 0, step, 2 step, ...
Offsets even_offsets(std::int64_t count, std::int64_t step);
/// outer[i] + inner[j], j running faster: two axes seen as one.
Offsets nested_offsets(const Offsets& outer, const Offsets& inner);

}  // namespace palimpsest
