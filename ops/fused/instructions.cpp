#include "ops/fused/instructions.h"

#include <stdexcept>

#include "graph/error.h"
#include "ops/reduce/reduce.h"

namespace palimpsest {

bool repeats_to(const Shape& from, const Shape& to) {
  if (from.rank() != to.rank()) return false;
  for (int axis = 0; axis < to.rank(); ++axis)
    if (from[axis] != 1 && from[axis] != to[axis]) return false;
  return true;
}

std::vector<TensorType> types_read(std::string_view name, const FusedInstruction& instruction,
                                   Types types) {
  std::vector<TensorType> operands;
  for (const std::uint32_t value : instruction.operands) {
    if (value >= types.size())
      throw ShapeError(text(name, ": '", instruction.op.name(), "' reads value ", value,
                            " before it is computed"));
    operands.push_back(types[value]);
  }
  return operands;
}

const std::vector<int>* reduced_axes(const Op& op) {
  if (const auto* sum = op.as<ReduceSum>()) return &sum->axes;
  const auto* max = op.as<ReduceMax>();
  return max ? &max->axes : nullptr;
}

std::string listing(const FusedInstructions& body) {
  std::string result;
  for (const FusedInstruction& instruction : body) {
    result += text(result.empty() ? "" : "; ", instruction.op.name());
    for (const std::uint32_t value : instruction.operands) result += text(' ', value);
  }
  return result;
}

std::size_t hash_of(const FusedInstructions& body, std::size_t seed) {
  for (const FusedInstruction& instruction : body) seed = seed * 31 + instruction.op.hash();
  return seed;
}

void refuse_differentiation(std::string_view name) {
  throw std::logic_error(text(name, ": fusion comes after differentiation"));
}

}  // namespace palimpsest
