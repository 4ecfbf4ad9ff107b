#pragma once
// A function as text, one line a node, for people and for tests.

#include <iosfwd>
#include <string>

#include "graph/function.h"

namespace palimpsest {

/// "%3 = matmul(%0, %1) {transpose_b} : f32[2,4]  # label"; only reachable nodes.
std::string print(const Function& function);

}  // namespace palimpsest
