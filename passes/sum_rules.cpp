#include <algorithm>

#include "ops/axes.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

/// The sum of a broadcast is the sum of its source, times the repetitions summed over.
Value sum_of_broadcast(const ReduceSum& op, Value x) {
  const Value source = behind<Broadcast>(x);
  if (!source) return {};
  std::int64_t repetitions = 1;
  std::vector<int> axes;
  for (const int axis : op.axes) {
    if (source.shape()[axis] != x.shape()[axis])
      repetitions *= x.shape()[axis];
    else
      axes.push_back(axis);
  }
  if (repetitions < 2) return {};
  const Value sum = axes.empty() ? source : reduce_sum(source, std::move(axes));
  return broadcast_to(sum * static_cast<double>(repetitions), kept_shape(x.shape(), op.axes));
}

Value sum_of_sum(const ReduceSum& op, Value x) {
  const auto* inner = x.node().op.as<ReduceSum>();
  if (!inner) return {};
  std::vector<int> axes = op.axes;
  axes.insert(axes.end(), inner->axes.begin(), inner->axes.end());
  std::ranges::sort(axes);
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return reduce_sum(x.node().inputs[0], std::move(axes));
}

/// A sum over everything does not care for the shape.
Value sum_of_reshape(const ReduceSum& op, Value x) {
  const Value source = behind<Reshape>(x);
  const Shape kept = kept_shape(x.shape(), op.axes);
  if (!source || kept.elements() != 1 || x.shape().elements() == 0) return {};
  return reshape(reduce_sum(source), kept);
}

}  // namespace

Value simplified_sum(const Op& op, Operands x) {
  const auto* sum = op.as<ReduceSum>();
  if (!sum) return {};
  if (kept_shape(x[0].shape(), sum->axes) == x[0].shape()) return x[0];
  if (const Value better = sum_of_broadcast(*sum, x[0])) return better;
  if (const Value better = sum_of_sum(*sum, x[0])) return better;
  return sum_of_reshape(*sum, x[0]);
}

}  // namespace palimpsest::passes
