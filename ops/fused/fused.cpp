#include "ops/fused/fused.h"

#include <stdexcept>

#include "graph/error.h"

namespace palimpsest {
namespace {

bool repeats_to(const Shape& from, const Shape& to) {
  if (from.rank() != to.rank()) return false;
  for (int axis = 0; axis < to.rank(); ++axis)
    if (from[axis] != 1 && from[axis] != to[axis]) return false;
  return true;
}

}  // namespace

std::vector<TensorType> FusedPointwise::value_types(Types in) const {
  std::vector<TensorType> types;
  for (const TensorType& operand : in) {
    if (!repeats_to(operand.shape, shape))
      throw ShapeError(
          text(name, ": operands that repeat to ", shape, " expected, ", operand, " came"));
    types.push_back({operand.dtype, shape});
  }
  for (const Instruction& instruction : body) {
    std::vector<TensorType> operands;
    for (const std::uint32_t value : instruction.operands) {
      if (value >= types.size())
        throw ShapeError(text(name, ": '", instruction.op.name(), "' reads value ", value,
                              " before it is computed"));
      operands.push_back(types[value]);
    }
    types.push_back(instruction.op.infer(operands));
  }
  if (body.empty()) throw ShapeError(text(name, ": at least one instruction expected"));
  return types;
}

Value FusedPointwise::differential(int, Operands, Value, Value) const {
  throw std::logic_error("fused: fusion comes after differentiation");
}

std::string FusedPointwise::attributes() const {
  std::string listing;
  for (const Instruction& instruction : body) {
    listing += text(listing.empty() ? "" : "; ", instruction.op.name());
    for (const std::uint32_t value : instruction.operands) listing += text(' ', value);
  }
  return listing;
}

std::size_t FusedPointwise::hash() const {
  std::size_t seed = body.size();
  for (const Instruction& instruction : body) seed = seed * 31 + instruction.op.hash();
  return seed;
}

}  // namespace palimpsest
