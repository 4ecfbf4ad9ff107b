#pragma once
// What channels_last works with: a value that is stored channels last appears in the graph as
// a permutation back to [N, C, spatial...]. Rules take such permutations from the operands and
// put one behind the result; what nobody reads in the old order is dead code in the end.

#include "graph/graph.h"
#include "graph/op.h"

namespace palimpsest::passes {

/// The value [N, spatial..., C] behind a permutation to [N, C, spatial...]; else a null Value.
Value behind_first(Value value);
/// [N, spatial..., C] as [N, C, spatial...].
Value as_first(Value last);
/// [N, C, spatial...] as [N, spatial..., C]: what is behind a permutation, else a permutation.
/// A repetition is moved before it is made.
Value as_last(Value first);

/// [N, positions, C] behind planes [N * C, positions] or [N * C, positions, 1]; else a null Value.
Value behind_planes(Value planes);

/// Gathers from planes [N * C, positions, 1], as max pooling makes them, read channels last.
/// A rule gets a primitive with its operands and returns an equal value or a null Value.
Value laid_planes(const Op& op, Operands x);
Value laid_gather(const Op& op, Operands x);
Value laid_scatter_add(const Op& op, Operands x);

}  // namespace palimpsest::passes
