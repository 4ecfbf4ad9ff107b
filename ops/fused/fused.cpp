#include "ops/fused/fused.h"

#include "graph/error.h"

namespace palimpsest {
namespace {

std::vector<TensorType> numbered_types(std::string_view name, const FusedInstructions& body,
                                       const Shape& shape, Types in) {
  std::vector<TensorType> types;
  for (const TensorType& operand : in) {
    if (!repeats_to(operand.shape, shape))
      throw ShapeError(
          text(name, ": operands that repeat to ", shape, " expected, ", operand, " came"));
    types.push_back({operand.dtype, shape});
  }
  for (const FusedInstruction& instruction : body)
    types.push_back(instruction.op.infer(types_read(name, instruction, types)));
  return types;
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

const std::vector<int>& FusedReduction::axes() const { return *reduced_axes(reductions[0].op); }

std::vector<std::uint32_t> FusedReduction::reduced_values() const {
  std::vector<std::uint32_t> values;
  for (const FusedInstruction& reduction : reductions) values.push_back(reduction.operands[0]);
  return values;
}

TensorType FusedReduction::infer(Types in) const {
  if (reductions.empty() || reductions.size() > max_results)
    throw ShapeError(
        text(name, ": 1 to ", max_results, " reductions expected, ", reductions.size(), " came"));
  const std::vector<TensorType> types = value_types(in);
  std::vector<TensorType> results;
  for (const FusedInstruction& reduction : reductions) {
    const std::vector<int>* its_axes = reduced_axes(reduction.op);
    if (!its_axes || *its_axes != *reduced_axes(reductions[0].op))
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
