#pragma once
// A dense tensor as lines along one of its axes, for kernels that treat each line on its own.

#include <algorithm>
#include <cstdint>

#include "graph/tensor_type.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest::cpu {

struct AlongAxis {
  AlongAxis(const Shape& shape, int axis)
      : extent(shape[axis]), stride(shape.strides()[shape.index(axis)]) {
    lines = extent == 0 ? 0 : shape.elements() / extent;
  }

  /// Calls body(offset of the line's first element) for every line, in parallel. Neighbouring
  /// lines go to one thread, which then shares their cache lines.
  template <class Body>
  void for_each_line(const Body& body) const {
    const std::int64_t grain =
        std::max<std::int64_t>(1, runtime::pointwise_grain / std::max<std::int64_t>(extent, 1));
    runtime::parallel_for(lines, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t line = begin; line < end; ++line)
        body(line / stride * stride * extent + line % stride);
    });
  }

  /// Index of the line, row-major among lines, from the offset that for_each_line passes.
  std::int64_t result_index(std::int64_t first) const {
    return first / (stride * extent) * stride + first % stride;
  }

  std::int64_t extent, stride, lines;
};

}  // namespace palimpsest::cpu
