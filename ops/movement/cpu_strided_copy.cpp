#include "ops/movement/cpu_strided_copy.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "runtime/cpu/parallel.h"

namespace palimpsest::cpu {
namespace {

/// Drops axes of one element and joins neighbours that step like one longer axis.
std::vector<CopyAxis> merged(const std::vector<CopyAxis>& axes) {
  std::vector<CopyAxis> result;
  for (const CopyAxis& axis : axes) {
    if (axis.extent == 1) continue;
    if (!result.empty()) {
      CopyAxis& last = result.back();
      if (last.from_stride == axis.extent * axis.from_stride &&
          last.to_stride == axis.extent * axis.to_stride) {
        last = {last.extent * axis.extent, axis.from_stride, axis.to_stride};
        continue;
      }
    }
    result.push_back(axis);
  }
  return result;
}

/// Moves the axis that the source stores contiguously next to the innermost one, so that a
/// transposition is a walk over small two-dimensional tiles.
void bring_contiguous_source_axis_inward(std::vector<CopyAxis>& axes) {
  if (axes.size() < 3 || std::abs(axes.back().from_stride) <= 1) return;
  const auto contiguous = std::find_if(axes.begin(), axes.end() - 1,
                                       [](const CopyAxis& axis) { return axis.from_stride == 1; });
  if (contiguous < axes.end() - 1) std::rotate(contiguous, contiguous + 1, axes.end() - 1);
}

template <class T>
void copy_run(const T* from, std::int64_t stride, T* to, std::int64_t to_stride,
              std::int64_t count) {
  if (stride == 1 && to_stride == 1)
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
  else if (stride == 0 && to_stride == 1)
    std::fill_n(to, count, *from);
  else
    for (std::int64_t i = 0; i < count; ++i) to[i * to_stride] = from[i * stride];
}

/// A tile of a transposition: long along the source, so that few pages are visited, and one
/// cache line of 4-byte elements wide along the destination.
constexpr std::int64_t tile_rows = 64;
constexpr std::int64_t tile_columns = 16;

/// Fewer rows, such as the colours of an image, are not worth a buffer.
constexpr std::int64_t least_rows = 8;

/// from[r + c * from_stride] -> to[r * to_stride + c], tile by tile through a buffer, so that
/// both sides are touched in whole cache lines even where strides are powers of two.
template <class T>
void transpose(const T* from, std::int64_t from_stride, T* to, std::int64_t to_stride,
               std::int64_t rows, std::int64_t columns) {
  T buffer[tile_columns][tile_rows];
  for (std::int64_t r0 = 0; r0 < rows; r0 += tile_rows)
    for (std::int64_t c0 = 0; c0 < columns; c0 += tile_columns) {
      const std::int64_t height = std::min(rows - r0, tile_rows);
      const std::int64_t width = std::min(columns - c0, tile_columns);
      for (std::int64_t c = 0; c < width; ++c)
        std::copy_n(from + r0 + (c0 + c) * from_stride, height, buffer[c]);
      for (std::int64_t r = 0; r < height; ++r)
        for (std::int64_t c = 0; c < width; ++c) to[(r0 + r) * to_stride + c0 + c] = buffer[c][r];
    }
}

}  // namespace

StridedCopy::StridedCopy(const std::vector<CopyAxis>& axes, std::int64_t from_offset,
                         std::int64_t to_offset, std::size_t element_bytes)
    : outer_(merged(axes)),
      from_offset_(from_offset),
      to_offset_(to_offset),
      element_bytes_(element_bytes) {
  bring_contiguous_source_axis_inward(outer_);
  if (!outer_.empty()) {
    column_ = outer_.back();
    outer_.pop_back();
  }
  if (!outer_.empty()) {
    row_ = outer_.back();
    outer_.pop_back();
  }
  for (const CopyAxis& axis : outer_) planes_ *= axis.extent;
}

StridedCopy::Origin StridedCopy::origin_of(std::int64_t plane) const {
  Origin origin{from_offset_, to_offset_};
  for (std::size_t axis = outer_.size(); axis-- > 0;) {
    const std::int64_t index = plane % outer_[axis].extent;
    plane /= outer_[axis].extent;
    origin.from += index * outer_[axis].from_stride;
    origin.to += index * outer_[axis].to_stride;
  }
  return origin;
}

bool StridedCopy::transposes() const {
  return row_.from_stride == 1 && column_.to_stride == 1 && column_.from_stride != 0 &&
         row_.extent >= least_rows;
}

/// Copies rows [begin, end) of all planes' rows laid end to end.
template <class T>
void StridedCopy::copy_rows(const T* from, T* to, std::int64_t begin, std::int64_t end) const {
  while (begin < end) {
    const std::int64_t first = begin % row_.extent;
    const std::int64_t rows = std::min(end - begin, row_.extent - first);
    const Origin origin = origin_of(begin / row_.extent);
    const T* source = from + origin.from + first * row_.from_stride;
    T* target = to + origin.to + first * row_.to_stride;
    if (transposes())
      transpose(source, column_.from_stride, target, row_.to_stride, rows, column_.extent);
    else
      for (std::int64_t r = 0; r < rows; ++r)
        copy_run(source + r * row_.from_stride, column_.from_stride, target + r * row_.to_stride,
                 column_.to_stride, column_.extent);
    begin += rows;
  }
}

template <class T>
void StridedCopy::run_as(const T* from, T* to) const {
  const std::int64_t rows = planes_ * row_.extent;
  if (rows == 1) {
    runtime::parallel_for(
        column_.extent, runtime::pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
          copy_run(from + from_offset_ + begin * column_.from_stride, column_.from_stride,
                   to + to_offset_ + begin * column_.to_stride, column_.to_stride, end - begin);
        });
    return;
  }
  const std::int64_t columns = std::max<std::int64_t>(column_.extent, 1);
  const std::int64_t least = transposes() ? tile_rows : 1;
  const std::int64_t grain = std::max(runtime::pointwise_grain / columns, least);
  runtime::parallel_for(
      rows, grain, [&](std::int64_t begin, std::int64_t end) { copy_rows(from, to, begin, end); });
}

void StridedCopy::run(const std::byte* from, std::byte* to) const {
  const auto as = [&](auto element) {
    using T = decltype(element);
    run_as(reinterpret_cast<const T*>(from), reinterpret_cast<T*>(to));
  };
  switch (element_bytes_) {
    case 1:
      return as(std::uint8_t{});
    case 2:
      return as(std::uint16_t{});
    case 4:
      return as(std::uint32_t{});
    default:
      return as(std::uint64_t{});
  }
}

}  // namespace palimpsest::cpu
