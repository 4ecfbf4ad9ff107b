#include "passes/dead_code.h"

namespace palimpsest::passes {

Function without_dead_nodes(const Function& source) {
  return rebuilt(source, [](Graph& graph, const Node& node, std::vector<Value> operands) {
    return graph.add(node.op, std::move(operands));
  });
}

}  // namespace palimpsest::passes
