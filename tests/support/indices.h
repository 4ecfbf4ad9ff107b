#pragma once
// What references that are loops "straight from the definition" share.

#include <functional>
#include <vector>

#include "tests/support/sampler.h"

namespace palimpsest::testing {

using Integers = std::vector<std::int64_t>;

/// Calls visit(index) for each index of a box, the last axis fastest.
void each_index(const Shape& box, const std::function<void(const Integers&)>& visit);

/// Row-major place of an index.
std::size_t place(const Shape& shape, const Integers& index);

/// i64 in [-4, 4]: sums of their products are exact in every dtype.
Literal small_integers(Sampler& sampler, const Shape& shape);

}  // namespace palimpsest::testing
