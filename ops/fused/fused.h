#pragma once
// Several elementwise primitives as one node, so that the values between them stay in cache.
// No primitives of the language: a pass forms them after the last differentiation, right before
// compilation, and derivative rules refuse them.

#include <vector>

#include "ops/fused/instructions.h"

namespace palimpsest {

/// y = the last value of a short straight-line program over elements. Operands have the rank
/// of `shape`, and per axis its extent or 1, in which case they are repeated along it.
struct FusedPointwise {
  static constexpr std::string_view name = "fused";

  FusedInstructions body;
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

/// Such a program whose values are not written out but reduced: `reductions` are ReduceSum or
/// ReduceMax, all along the same axes and of one dtype, each of one numbered value. The result
/// is that of the only reduction, or the results of several behind each other along a new
/// first axis.
struct FusedReduction {
  static constexpr std::string_view name = "fused_reduction";
  static constexpr std::size_t max_results = 8;

  FusedInstructions body;  ///< may be empty
  FusedInstructions reductions;
  Shape shape;

  std::vector<TensorType> value_types(Types in) const;
  const std::vector<int>& axes() const;
  std::vector<std::uint32_t> reduced_values() const;

  /// Throws ShapeError as FusedPointwise does, and for reductions that do not fit together.
  TensorType infer(Types in) const;
  /// Always throws std::logic_error: fusion comes after differentiation.
  Value differential(int operand, Operands x, Value y, Value tangent) const;
  std::string attributes() const;
  std::size_t hash() const;
  bool operator==(const FusedReduction&) const = default;
};

}  // namespace palimpsest
