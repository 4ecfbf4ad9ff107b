#pragma once
// One computation for several candidates side by side: a transformation of graphs, as vjp and jvp
// are, to be applied after them. Small problems are bound by the cost of launches, and one launch
// for all lanes costs about as much as one for a single lane.

#include <vector>

#include "graph/function.h"

namespace palimpsest::autodiff {

/// The function of `lanes` candidates: inputs for which `batched` holds, and all outputs, get a
/// leading axis of that extent; lane r of the outputs is the source at lane r of the inputs. Values
/// that depend on no batched input (weights, constants) stay single. Every primitive has a rule.
///
/// Equal to separate runs up to the order in which sums are added; a lane never reads another's
/// numbers, so NaN stays in its lane. A kernel that refuses its data (an index out of range)
/// refuses for all lanes.
///
/// Throws InputError unless lanes >= 1 and `batched` has one entry per input, ShapeError when a
/// rank grows beyond Shape::max_rank, std::logic_error for nodes that only passes form.
Function vmap(const Function& source, std::int64_t lanes, const std::vector<bool>& batched);

}  // namespace palimpsest::autodiff
