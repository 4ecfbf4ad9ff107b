#pragma once
// Several elementwise primitives as one node, so that the values between them stay in cache.
// No primitive of the language: a pass forms it after the last differentiation, right before
// compilation, and derivative rules refuse it.

#include <vector>

#include "graph/op.h"

namespace palimpsest {

/// y = the last value of a short straight-line program over elements. Operands have the rank
/// of `shape`, and per axis its extent or 1, in which case they are repeated along it.
struct FusedPointwise {
  static constexpr std::string_view name = "fused";

  /// One primitive. Values are numbered: first the node's operands, then the results of the
  /// instructions, in order.
  struct Instruction {
    Op op;
    std::vector<std::uint32_t> operands;
    bool operator==(const Instruction&) const = default;
  };

  std::vector<Instruction> body;
  Shape shape;

  /// The types of all numbered values once repeated to `shape`. Throws ShapeError for operands
  /// that do not repeat to it and for instructions that do not fit.
  std::vector<TensorType> value_types(Types in) const;

  TensorType infer(Types in) const { return value_types(in).back(); }
  /// Always throws std::logic_error: fusion comes after differentiation.
  Value differential(int operand, Operands x, Value y, Value tangent) const;
  std::string attributes() const;
  std::size_t hash() const;
  bool operator==(const FusedPointwise&) const = default;
};

}  // namespace palimpsest
