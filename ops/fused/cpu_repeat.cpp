#include "ops/fused/cpu_repeat.h"

#include <algorithm>

namespace palimpsest {

Repetition::Repetition(const TensorType& from, const Shape& to)
    : element_size_(size_of(from.dtype)) {
  const std::vector<std::int64_t> strides = from.shape.strides();
  for (int axis = 0; axis < to.rank(); ++axis) {
    if (to[axis] == 1) continue;
    const bool repeated = from.shape[axis] == 1;
    const std::int64_t stride = repeated ? 0 : strides[static_cast<std::size_t>(axis)];
    if (!axes_.empty() && (axes_.back().stride == 0) == repeated)
      axes_.back() = {axes_.back().extent * to[axis], stride};
    else
      axes_.push_back({to[axis], stride});
  }
  if (axes_.size() == 1 && axes_.front().stride == 0) axes_.clear();
}

std::int64_t Repetition::row_offset(std::int64_t row) const {
  std::int64_t offset = 0;
  for (std::size_t axis = axes_.size() - 1; axis-- > 0;) {
    offset += row % axes_[axis].extent * axes_[axis].stride;
    row /= axes_[axis].extent;
  }
  return offset;
}

template <class T>
void Repetition::read_elements(const T* source, std::int64_t begin, std::int64_t count,
                               T* y) const {
  if (is_single()) {
    std::fill_n(y, count, *source);
    return;
  }
  const Axis inner = axes_.back();
  std::int64_t row = begin / inner.extent, column = begin % inner.extent;
  while (count > 0) {
    const std::int64_t run = std::min(inner.extent - column, count);
    const T* first = source + row_offset(row) + column * inner.stride;
    if (inner.stride == 0)
      std::fill_n(y, run, *first);
    else
      std::copy_n(first, run, y);
    y += run;
    count -= run;
    column = 0;
    ++row;
  }
}

void Repetition::read(const std::byte* source, std::int64_t begin, std::int64_t count,
                      std::byte* y) const {
  const auto read_as = [&](auto unit) {
    using T = decltype(unit);
    read_elements(reinterpret_cast<const T*>(source), begin, count, reinterpret_cast<T*>(y));
  };
  if (element_size_ == 8)
    read_as(std::uint64_t{});
  else if (element_size_ == 4)
    read_as(std::uint32_t{});
  else if (element_size_ == 2)
    read_as(std::uint16_t{});
  else
    read_as(std::uint8_t{});
}

}  // namespace palimpsest
