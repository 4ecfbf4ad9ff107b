#include "ops/reduce/cpu_reduction.h"

#include "graph/tensor_type.h"

namespace palimpsest::cpu {
namespace {

struct MergedAxis {
  Walk::Axis axis;
  bool reduced;
};

/// Drops axes of one element and joins neighbours of one kind; x is dense, so they do join.
std::vector<MergedAxis> merged(const Shape& shape, const std::vector<int>& axes) {
  const std::vector<std::int64_t> strides = shape.strides();
  std::vector<MergedAxis> result;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == 1) continue;
    const bool reduced = std::ranges::binary_search(axes, i);
    const std::int64_t stride = strides[static_cast<std::size_t>(i)];
    if (!result.empty() && result.back().reduced == reduced)
      result.back().axis = {result.back().axis.extent * shape[i], stride};
    else
      result.push_back({{shape[i], stride}, reduced});
  }
  return result;
}

}  // namespace

ReductionLayout::ReductionLayout(const Shape& shape, const std::vector<int>& axes) {
  std::vector<MergedAxis> all = merged(shape, axes);
  if (!all.empty()) {
    run = all.back().axis.extent;
    run_is_kept = !all.back().reduced;
    all.pop_back();
  }
  for (const MergedAxis& each : all) (each.reduced ? reduced : kept).append(each.axis);
  block_steps = run_is_kept ? std::max<std::int64_t>(
                                  1, block / std::clamp(run, std::int64_t{1}, block_columns))
                            : block;
  blocks = std::max<std::int64_t>(1, (steps() + block_steps - 1) / block_steps);
}

}  // namespace palimpsest::cpu
