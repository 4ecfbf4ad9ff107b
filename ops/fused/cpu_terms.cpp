#include "ops/fused/cpu_terms.h"

#include <algorithm>

#include "ops/pointwise/binary.h"

namespace palimpsest::cpu {
namespace {

/// The values of a fused reduction by number.
struct Numbered {
  const FusedInstructions& body;
  std::vector<TensorType> types;
  std::uint32_t operands;

  const FusedInstruction* producer(std::uint32_t value) const {
    return value < operands ? nullptr : &body[value - operands];
  }
  /// What the value is the widening cast of; else the value.
  std::uint32_t narrow(std::uint32_t value) const {
    const FusedInstruction* made = producer(value);
    const bool widened = made && made->op.as<Cast>() && types[value].dtype == DType::f64 &&
                         types[made->operands[0]].dtype == DType::f32;
    return widened ? made->operands[0] : value;
  }
};

TermsRead read_of(const Numbered& values, const FusedInstruction& reduction) {
  const std::uint32_t value = reduction.operands[0];
  const DType dtype = values.types[value].dtype;
  const auto reads = [&](std::uint32_t a, std::uint32_t b, bool product) {
    const bool alike = values.types[a].dtype == values.types[b].dtype;
    const TermsRead read{{values.types[a].dtype, product}, a, b};
    return alike && can_reduce(reduction.op, dtype, read.kind) ? read
                                                               : TermsRead{{dtype}, value, value};
  };
  const FusedInstruction* made = values.producer(value);
  if (!made || !made->op.as<Mul>()) return reads(values.narrow(value), values.narrow(value), false);
  const std::uint32_t a = made->operands[0], b = made->operands[1];
  const TermsRead narrow = reads(values.narrow(a), values.narrow(b), true);
  return narrow.kind.product ? narrow : reads(a, b, true);
}

/// Drops what no read depends on, and numbers anew.
void drop_unread(std::uint32_t operands, TermsProgram& program) {
  std::vector<bool> needed(operands + program.body.size(), false);
  for (const std::uint32_t value : program.values()) needed[value] = true;
  for (std::size_t i = program.body.size(); i-- > 0;)
    if (needed[operands + i])
      for (const std::uint32_t value : program.body[i].operands) needed[value] = true;

  std::vector<std::uint32_t> number(needed.size());
  FusedInstructions kept;
  for (std::uint32_t value = 0; value < needed.size(); ++value) {
    number[value] = value < operands ? value : operands + static_cast<std::uint32_t>(kept.size());
    if (value < operands || !needed[value]) continue;
    kept.push_back(std::move(program.body[value - operands]));
    for (std::uint32_t& operand : kept.back().operands) operand = number[operand];
  }
  program.body = std::move(kept);
  for (TermsRead& read : program.reads) {
    read.a = number[read.a];
    read.b = number[read.b];
  }
}

}  // namespace

std::vector<std::uint32_t> TermsProgram::values() const {
  std::vector<std::uint32_t> values;
  for (const TermsRead& read : reads)
    for (const std::uint32_t value : {read.a, read.b})
      if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  return values;
}

TermsProgram terms_program(const FusedReduction& op, Types inputs) {
  const auto operands = static_cast<std::uint32_t>(inputs.size());
  const Numbered values{op.body, op.value_types(inputs), operands};
  TermsProgram program{op.body, {}};
  for (const FusedInstruction& reduction : op.reductions)
    program.reads.push_back(read_of(values, reduction));
  drop_unread(operands, program);
  return program;
}

}  // namespace palimpsest::cpu
