#pragma once
// One engine for all kernels that move elements: a copy between two strided views of equal
// extents. Broadcast reads with stride 0, reverse with negative strides, pad and concat write
// into part of their result. Knows element sizes, no dtypes.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace palimpsest::cpu {

/// A view of equal extents on both sides; strides and offsets in elements.
struct CopyAxis {
  std::int64_t extent = 1;
  std::int64_t from_stride = 0;
  std::int64_t to_stride = 0;
};

class StridedCopy {
 public:
  /// Axes from the outermost to the innermost of the destination.
  StridedCopy(const std::vector<CopyAxis>& axes, std::int64_t from_offset, std::int64_t to_offset,
              std::size_t element_bytes);

  /// Copies all elements, in parallel. The two sides must not overlap. Allocates nothing.
  void run(const std::byte* from, std::byte* to) const;

 private:
  /// Where a row of the innermost two axes begins on both sides.
  struct Origin {
    std::int64_t from, to;
  };
  template <class T>
  void run_as(const T* from, T* to) const;
  template <class T>
  void copy_rows(const T* from, T* to, std::int64_t begin, std::int64_t end) const;
  /// True when enough rows run along the source and columns along the destination.
  bool transposes() const;
  Origin origin_of(std::int64_t plane) const;

  std::vector<CopyAxis> outer_;  // all axes but the last two
  CopyAxis row_, column_;        // the last two
  std::int64_t planes_ = 1;      // product of the outer extents
  std::int64_t from_offset_, to_offset_;
  std::size_t element_bytes_;
};

}  // namespace palimpsest::cpu
