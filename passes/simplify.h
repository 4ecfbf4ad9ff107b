#pragma once
// Algebra on the graph: each rule replaces a node by a cheaper equal one, looking at the node
// and its operands only.

#include "graph/function.h"

namespace palimpsest::passes {

/// One sweep over all rules; new nodes are looked at by the next sweep. Results are equal as
/// real numbers. In floating point they may differ in three stated ways: the sign of a zero;
/// the rounding of sums that are replaced by products (the product is the more accurate); and
/// `mul(cast(mask), x)`, which becomes `select(mask, x, 0)` and so yields 0 instead of NaN
/// where the mask is false and x is infinite or NaN.
/// Removes `detach`: only for functions that are not differentiated any more.
Function simplify(const Function& source);

}  // namespace palimpsest::passes
