#pragma once
// Straight-line programs over elements: what the bodies of all fused nodes are.

#include <string>
#include <vector>

#include "graph/op.h"

namespace palimpsest {

/// One primitive. Values are numbered: first the node's operands, then the results of the
/// instructions, in order.
struct FusedInstruction {
  Op op;
  std::vector<std::uint32_t> operands;
  bool operator==(const FusedInstruction&) const = default;
};

using FusedInstructions = std::vector<FusedInstruction>;

/// True for equal ranks, and extents of 1 where they differ from those of `to`.
bool repeats_to(const Shape& from, const Shape& to);

/// The types of the operands that an instruction of the node `name` reads among the numbered
/// values. Throws ShapeError for a value that comes later.
std::vector<TensorType> types_read(std::string_view name, const FusedInstruction& instruction,
                                   Types types);

/// The axes of a sum or a maximum, else null.
const std::vector<int>* reduced_axes(const Op& op);

std::string listing(const FusedInstructions& body);
std::size_t hash_of(const FusedInstructions& body, std::size_t seed);

/// Throws std::logic_error: fusion comes after differentiation.
[[noreturn]] void refuse_differentiation(std::string_view name);

}  // namespace palimpsest
