#pragma once
// Who reads a value.

#include "graph/function.h"

namespace palimpsest::passes {

/// By node index: the nodes that read its value, rising; one that reads it twice comes twice. For
/// each output that the value is, the graph's size comes behind them.
using Users = std::vector<std::vector<std::uint32_t>>;

/// Only what the outputs depend on is a user.
Users users_of(const Function& function);

}  // namespace palimpsest::passes
