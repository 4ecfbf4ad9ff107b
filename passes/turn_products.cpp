#include "passes/turn_products.h"

#include "ops/linalg/linalg.h"
#include "passes/rules.h"
#include "passes/users.h"

namespace palimpsest::passes {
Function turn_products(const Function& source) {
  const Users users = users_of(source);
  return rebuilt(source, [&](Graph& graph, const Node& node, std::vector<Value> operands) {
    const bool only_reader = is_transposition(node.op) && users[node.inputs[0].index()].size() == 1;
    const auto* product = only_reader ? operands[0].node().op.as<MatMul>() : nullptr;
    if (!product) return graph.add(node.op, std::move(operands));
    const std::vector<Value>& factors = operands[0].node().inputs;
    return graph.add(MatMul{!product->transpose_b, !product->transpose_a},
                     {factors[1], factors[0]});
  });
}

}  // namespace palimpsest::passes
