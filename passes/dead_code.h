#pragma once
// Keeps what the outputs depend on.

#include "graph/function.h"

namespace palimpsest::passes {

/// A copy without the nodes that no output depends on. Inputs stay, used or not, so the
/// calling convention never changes. Equal nodes become one.
Function without_dead_nodes(const Function& source);

}  // namespace palimpsest::passes
