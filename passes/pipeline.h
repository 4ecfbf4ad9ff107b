#pragma once
// Passes in sequence. Each is a pure Function -> Function; here they are named, timed and
// verified one after the other. The calling convention (inputs, outputs, their types) never
// changes.

#include <functional>
#include <string>
#include <vector>

#include "graph/function.h"

namespace palimpsest::passes {

struct PassRecord {
  std::string name;
  double milliseconds = 0;
  std::size_t nodes_before = 0, nodes_after = 0;  ///< reachable ones
};

using PassLog = std::vector<PassRecord>;
using Pass = std::function<Function(const Function&)>;

/// Runs one pass, appends its record and verifies the result. Throws std::logic_error naming
/// the pass when its result is malformed or changes the calling convention.
Function run(std::string name, const Pass& pass, const Function& source, PassLog& log);

/// The standard sequence before compile: only for functions that are not differentiated any
/// more, since it removes `detach` and forms fused nodes. Common subexpressions need no pass:
/// rebuilding a graph shares equal nodes.
Function optimize(const Function& source, const Evaluator& evaluate, PassLog& log);

}  // namespace palimpsest::passes
