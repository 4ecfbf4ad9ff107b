#include "ops/fused/fused.h"

#include <stdexcept>

#include "graph/error.h"
#include "ops/reduce/reduce.h"

namespace palimpsest {
namespace {

using Instructions = std::vector<FusedPointwise::Instruction>;

bool repeats_to(const Shape& from, const Shape& to) {
  if (from.rank() != to.rank()) return false;
  for (int axis = 0; axis < to.rank(); ++axis)
    if (from[axis] != 1 && from[axis] != to[axis]) return false;
  return true;
}

/// The types of the operands an instruction reads among the numbered values.
std::vector<TensorType> types_read(std::string_view name,
                                   const FusedPointwise::Instruction& instruction, Types types) {
  std::vector<TensorType> operands;
  for (const std::uint32_t value : instruction.operands) {
    if (value >= types.size())
      throw ShapeError(text(name, ": '", instruction.op.name(), "' reads value ", value,
                            " before it is computed"));
    operands.push_back(types[value]);
  }
  return operands;
}

std::vector<TensorType> numbered_types(std::string_view name, const Instructions& body,
                                       const Shape& shape, Types in) {
  std::vector<TensorType> types;
  for (const TensorType& operand : in) {
    if (!repeats_to(operand.shape, shape))
      throw ShapeError(
          text(name, ": operands that repeat to ", shape, " expected, ", operand, " came"));
    types.push_back({operand.dtype, shape});
  }
  for (const FusedPointwise::Instruction& instruction : body)
    types.push_back(instruction.op.infer(types_read(name, instruction, types)));
  return types;
}

std::string listing(const Instructions& body) {
  std::string result;
  for (const FusedPointwise::Instruction& instruction : body) {
    result += text(result.empty() ? "" : "; ", instruction.op.name());
    for (const std::uint32_t value : instruction.operands) result += text(' ', value);
  }
  return result;
}

std::size_t hash_of(const Instructions& body, std::size_t seed) {
  for (const FusedPointwise::Instruction& instruction : body)
    seed = seed * 31 + instruction.op.hash();
  return seed;
}

/// The axes of a reduction, else null.
const std::vector<int>* axes_of(const Op& op) {
  if (const auto* sum = op.as<ReduceSum>()) return &sum->axes;
  const auto* max = op.as<ReduceMax>();
  return max ? &max->axes : nullptr;
}

[[noreturn]] void refuse_differentiation(std::string_view name) {
  throw std::logic_error(text(name, ": fusion comes after differentiation"));
}

}  // namespace

// ---- FusedPointwise ----

std::vector<TensorType> FusedPointwise::value_types(Types in) const {
  if (body.empty()) throw ShapeError(text(name, ": at least one instruction expected"));
  return numbered_types(name, body, shape, in);
}

Value FusedPointwise::differential(int, Operands, Value, Value) const {
  refuse_differentiation(name);
}

std::string FusedPointwise::attributes() const { return listing(body); }

std::size_t FusedPointwise::hash() const { return hash_of(body, body.size()); }

// ---- FusedReduction ----

std::vector<TensorType> FusedReduction::value_types(Types in) const {
  return numbered_types(name, body, shape, in);
}

const std::vector<int>& FusedReduction::axes() const { return *axes_of(reductions[0].op); }

std::vector<std::uint32_t> FusedReduction::reduced_values() const {
  std::vector<std::uint32_t> values;
  for (const FusedPointwise::Instruction& reduction : reductions)
    values.push_back(reduction.operands[0]);
  return values;
}

TensorType FusedReduction::infer(Types in) const {
  if (reductions.empty() || reductions.size() > max_results)
    throw ShapeError(
        text(name, ": 1 to ", max_results, " reductions expected, ", reductions.size(), " came"));
  const std::vector<TensorType> types = value_types(in);
  std::vector<TensorType> results;
  for (const FusedPointwise::Instruction& reduction : reductions) {
    const std::vector<int>* its_axes = axes_of(reduction.op);
    if (!its_axes || *its_axes != *axes_of(reductions[0].op))
      throw ShapeError(text(name, ": reductions along the same axes expected, '",
                            reduction.op.name(), "' ", reduction.op.attributes(), " came"));
    results.push_back(reduction.op.infer(types_read(name, reduction, types)));
    if (results.back().dtype != results[0].dtype)
      throw ShapeError(text(name, ": reductions to ", results[0].dtype, " expected, one to ",
                            results.back().dtype, " came"));
  }
  if (results.size() == 1) return results[0];
  std::vector<std::int64_t> extents{static_cast<std::int64_t>(results.size())};
  extents.insert(extents.end(), results[0].shape.begin(), results[0].shape.end());
  return {results[0].dtype, Shape(std::move(extents))};
}

Value FusedReduction::differential(int, Operands, Value, Value) const {
  refuse_differentiation(name);
}

std::string FusedReduction::attributes() const {
  return text(listing(body), body.empty() ? "" : "; ", listing(reductions), ' ',
              reductions[0].op.attributes());
}

std::size_t FusedReduction::hash() const { return hash_of(reductions, hash_of(body, body.size())); }

}  // namespace palimpsest
