#pragma once
// A dense tensor as lines along one of its axes, for kernels that treat each line on its own.
// Neighbouring lines come in bundles, so that those along an outer axis share cache lines.

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

  /// Lines of a bundle at most: their accumulators fit on the stack.
  static constexpr std::int64_t widest = 64;

  /// Calls body(first, width) for bundles of lines that begin at offsets first, first + 1 ...
  /// first + width - 1 of the tensor, in parallel. Along the last axis every width is 1.
  template <class Body>
  void for_each_bundle(const Body& body) const {
    const std::int64_t per_block = (stride + widest - 1) / widest;
    const std::int64_t work = std::max<std::int64_t>(extent * std::min(stride, widest), 1);
    const std::int64_t grain = std::max<std::int64_t>(1, runtime::pointwise_grain / work);
    const std::int64_t bundles = lines == 0 ? 0 : lines / stride * per_block;
    runtime::parallel_for(bundles, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t bundle = begin; bundle < end; ++bundle) {
        const std::int64_t block = bundle / per_block, line = bundle % per_block * widest;
        body(block * stride * extent + line, std::min(widest, stride - line));
      }
    });
  }

  /// Index of the line, row-major among lines, from its first offset.
  std::int64_t result_index(std::int64_t first) const {
    return first / (stride * extent) * stride + first % stride;
  }

  std::int64_t extent, stride, lines;
};

}  // namespace palimpsest::cpu
