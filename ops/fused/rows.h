#pragma once
// Reductions and what is made of them as one node: softmax, normalisations, their tangents and
// adjoints. The kernel passes through the data row by row, a row being what is reduced to one
// number, so that everything between the operands and the results stays in cache.
// No primitives of the language, as the other fused nodes.

#include "ops/fused/instructions.h"

namespace palimpsest {

/// A program over full values, of `shape`, and kept ones, which have extent 1 along `axes`.
/// Instructions are elementwise, or sums and maxima along `axes`; those of kept values only make
/// a kept value; where others read a kept value it is repeated. Without axes all values are full.
///
/// The result is the only value of `results`, or several behind each other in one flat tensor,
/// each as a Part of it.
struct FusedRows {
  static constexpr std::string_view name = "fused_rows";
  static constexpr std::size_t max_results = 8;
  /// Elements of a row at most, so that a dozen values of a row fit the second-level cache.
  static constexpr std::int64_t longest_row = 8192;
  /// Every result begins at a multiple of so many bytes.
  static constexpr std::size_t alignment = 64;

  FusedInstructions body;
  std::vector<std::uint32_t> results;  ///< numbered values, of one dtype
  Shape shape;
  std::vector<int> axes;  ///< in normal form, as ReduceSum stores them

  /// Elements that are reduced to one number; 1 without axes. 0 where they do not lie one behind
  /// the other, or are too many: then there is no such node.
  static std::int64_t row_length(const Shape& shape, const std::vector<int>& axes);

  /// Elements that one of several results takes, up to the beginning of the next.
  static std::int64_t packed_elements(const TensorType& result);

  /// That of a reduction.
  Shape kept_shape() const;
  /// True for values that are the same along a row.
  bool is_kept(const Shape& value) const;
  /// Of all numbered values, each of `shape` or of kept_shape(). Throws ShapeError for operands
  /// that do not repeat to `shape`, and for instructions that do not fit.
  std::vector<TensorType> value_types(Types in) const;
  /// Where each of several results begins, in elements; the end of all comes last.
  std::vector<std::int64_t> offsets(Types values) const;

  TensorType infer(Types in) const;
  /// Always throws std::logic_error: fusion comes after differentiation.
  Value differential(int operand, Operands x, Value y, Value tangent) const;
  std::string attributes() const;
  std::size_t hash() const;
  bool operator==(const FusedRows&) const = default;
};

/// Consecutive elements of x, row-major, as a tensor of `shape`: one of several results that a
/// fused node packs. A view where it is computed.
struct Part {
  static constexpr std::string_view name = "part";
  std::int64_t first = 0;
  Shape shape;

  /// Throws ShapeError when x ends before.
  TensorType infer(Types in) const;
  /// Always throws std::logic_error: fusion comes after differentiation.
  Value differential(int operand, Operands x, Value y, Value tangent) const;
  std::string attributes() const;
  bool operator==(const Part&) const = default;
};

}  // namespace palimpsest
