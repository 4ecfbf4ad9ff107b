#pragma once
// The rule families of simplify. A rule gets a primitive with the operands it would have in
// the new graph and returns an equal value, or a null Value when it has nothing better.

#include "graph/graph.h"
#include "graph/op.h"

namespace palimpsest::passes {

Value simplified_arithmetic(const Op& op, Operands x);  ///< neutral elements, signs, powers
Value simplified_choice(const Op& op, Operands x);      ///< masks, select, detach, cast
Value simplified_movement(const Op& op, Operands x);    ///< reshape, permute, slice, pad, ...
Value simplified_sum(const Op& op, Operands x);         ///< reduce_sum
Value simplified_repetition(const Op& op, Operands x);  ///< elementwise, of broadcasts alone
Value simplified_product(const Op& op, Operands x);     ///< matmul and transpositions

/// A permutation that only swaps the last two axes.
bool is_transposition(const Op& op);

/// What a P was applied to, when the value is the result of a P; else a null Value.
template <Primitive P>
Value behind(Value value) {
  return value.node().op.as<P>() ? value.node().inputs[0] : Value{};
}

}  // namespace palimpsest::passes
