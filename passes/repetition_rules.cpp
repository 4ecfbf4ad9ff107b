#include <algorithm>

#include "ops/fused/elementwise.h"
#include "ops/movement/movement.h"
#include "passes/rules.h"

namespace palimpsest::passes {

/// What is computed of repeated values alone is computed once and then repeated.
Value simplified_repetition(const Op& op, Operands x) {
  if (x.empty() || !is_elementwise(op)) return {};
  std::vector<std::int64_t> extents(static_cast<std::size_t>(x[0].shape().rank()), 1);
  for (const Value operand : x) {
    const Value source = behind<Broadcast>(operand);
    if (!source) return {};
    for (std::size_t axis = 0; axis < extents.size(); ++axis)
      extents[axis] = std::max(extents[axis], source.shape()[static_cast<int>(axis)]);
  }
  const Shape common(std::move(extents));
  if (common.elements() >= x[0].shape().elements()) return {};
  std::vector<Value> sources;
  for (const Value operand : x) sources.push_back(broadcast_to(behind<Broadcast>(operand), common));
  return broadcast_to(x[0].graph().add(op, std::move(sources)), x[0].shape());
}

}  // namespace palimpsest::passes
