#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

/// The condition when the value is a bool cast to float, possibly broadcast after the cast.
Value mask_behind(Value value) {
  if (const Value source = behind<Broadcast>(value)) {
    const Value mask = mask_behind(source);
    return mask ? broadcast_to(mask, value.shape()) : Value{};
  }
  const Value source = behind<Cast>(value);
  return source && source.dtype() == DType::boolean && is_float(value.dtype()) ? source : Value{};
}

Value simplified_masking(Value a, Value b) {
  if (const Value mask = mask_behind(a)) return select(mask, b, zeros_like(b));
  if (const Value mask = mask_behind(b)) return select(mask, a, zeros_like(a));
  return {};
}

/// Operand `branch` (1: taken where the condition holds, 2: elsewhere) of a select with the
/// same condition, else a null Value.
Value nested_branch(Value value, Value condition, std::size_t branch) {
  const bool nested = value.node().op.as<Select>() && value.node().inputs[0] == condition;
  return nested ? value.node().inputs[branch] : Value{};
}

Value simplified_select(Value condition, Value a, Value b) {
  if (a == b) return a;
  if (const auto known = filling_of(condition)) return *known != 0 ? a : b;
  if (const Value opposite = behind<Not>(condition)) return select(opposite, b, a);
  if (const Value taken = nested_branch(a, condition, 1)) return select(condition, taken, b);
  if (const Value taken = nested_branch(b, condition, 2)) return select(condition, a, taken);
  return {};
}

}  // namespace

Value simplified_choice(const Op& op, Operands x) {
  if (op.as<Mul>()) return simplified_masking(x[0], x[1]);
  if (op.as<Select>()) return simplified_select(x[0], x[1], x[2]);
  if (op.as<Not>()) return behind<Not>(x[0]);
  if (op.as<Detach>()) return x[0];
  if (const auto* cast_op = op.as<Cast>(); cast_op && cast_op->to == x[0].dtype()) return x[0];
  return {};
}

}  // namespace palimpsest::passes
