#include "passes/users.h"

namespace palimpsest::passes {

Users users_of(const Function& function) {
  const Graph& graph = *function.graph;
  Users users(graph.size());
  const std::vector<bool> marked = reachable(function);
  for (std::uint32_t index = 0; index < graph.size(); ++index)
    if (marked[index])
      for (const Value operand : graph.node(index).inputs) users[operand.index()].push_back(index);
  for (const Value output : function.outputs) users[output.index()].push_back(graph.size());
  return users;
}

}  // namespace palimpsest::passes
