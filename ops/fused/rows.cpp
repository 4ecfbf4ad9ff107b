#include "ops/fused/rows.h"

#include <algorithm>

#include "graph/error.h"
#include "ops/axes.h"

namespace palimpsest {
namespace {

/// The type of an instruction's result, given those of its operands.
TensorType result_type(const FusedRows& op, const FusedInstruction& instruction,
                       std::vector<TensorType> read) {
  const bool any_full =
      std::ranges::any_of(read, [&](const TensorType& type) { return !op.is_kept(type.shape); });
  if (const std::vector<int>* axes = reduced_axes(instruction.op)) {
    if (*axes != op.axes || !any_full)
      throw ShapeError(text(op.name, ": reductions of ", op.shape, " to ", op.kept_shape(),
                            " expected, '", instruction.op.name(), "' ",
                            instruction.op.attributes(), " of ", read[0].shape, " came"));
  } else if (any_full) {
    for (TensorType& type : read) type.shape = op.shape;
  }
  return instruction.op.infer(read);
}

}  // namespace

// ---- FusedRows ----

std::int64_t FusedRows::row_length(const Shape& shape, const std::vector<int>& axes) {
  std::int64_t length = 1;
  bool last = true;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (shape[axis] == 1) continue;
    const bool reduced = std::ranges::binary_search(axes, axis);
    if (reduced && !last) return 0;
    if (reduced) length *= shape[axis];
    last = reduced;
  }
  const bool trivial = length == 1 && !axes.empty();
  return trivial || length > longest_row ? 0 : length;
}

std::int64_t FusedRows::packed_elements(const TensorType& result) {
  const auto step = static_cast<std::int64_t>(alignment / size_of(result.dtype));
  return (result.shape.elements() + step - 1) / step * step;
}

Shape FusedRows::kept_shape() const { return palimpsest::kept_shape(shape, axes); }

bool FusedRows::is_kept(const Shape& value) const {
  return !axes.empty() && repeats_to(value, kept_shape());
}

std::vector<TensorType> FusedRows::value_types(Types in) const {
  if (shape.elements() == 0 || row_length(shape, axes) == 0)
    throw ShapeError(text(name, ": reduced axes behind all others expected, with 2 to ",
                          longest_row, " elements; axes ", listed(axes), " of ", shape, " came"));
  std::vector<TensorType> types;
  for (const TensorType& operand : in) {
    if (!repeats_to(operand.shape, shape))
      throw ShapeError(
          text(name, ": operands that repeat to ", shape, " expected, ", operand, " came"));
    types.push_back({operand.dtype, is_kept(operand.shape) ? kept_shape() : shape});
  }
  for (const FusedInstruction& instruction : body)
    types.push_back(result_type(*this, instruction, types_read(name, instruction, types)));
  return types;
}

std::vector<std::int64_t> FusedRows::offsets(Types values) const {
  std::vector<std::int64_t> offsets{0};
  for (const std::uint32_t result : results)
    offsets.push_back(offsets.back() + packed_elements(values[result]));
  return offsets;
}

TensorType FusedRows::infer(Types in) const {
  const std::vector<TensorType> types = value_types(in);
  if (results.empty() || results.size() > max_results)
    throw ShapeError(
        text(name, ": 1 to ", max_results, " results expected, ", results.size(), " came"));
  for (const std::uint32_t result : results)
    if (result < in.size() || result >= types.size() ||
        types[result].dtype != types[results[0]].dtype)
      throw ShapeError(
          text(name, ": results of one dtype that it computes expected, value ", result, " came"));
  if (results.size() == 1) return types[results[0]];
  return {types[results[0]].dtype, Shape{offsets(types).back()}};
}

Value FusedRows::differential(int, Operands, Value, Value) const { refuse_differentiation(name); }

std::string FusedRows::attributes() const {
  std::string text_of_results;
  for (const std::uint32_t result : results) text_of_results += text(' ', result);
  return text(listing(body), "; results", text_of_results);
}

std::size_t FusedRows::hash() const { return hash_of(body, results.size()); }

// ---- Part ----

TensorType Part::infer(Types in) const {
  if (first < 0 || first + shape.elements() > in[0].shape.elements())
    throw ShapeError(text(name, ": elements ", first, " to ", first + shape.elements(),
                          " asked for of ", in[0]));
  return {in[0].dtype, shape};
}

Value Part::differential(int, Operands, Value, Value) const { refuse_differentiation(name); }

std::string Part::attributes() const { return text("first=", first); }

}  // namespace palimpsest
