#include "passes/turn_products.h"

#include "ops/linalg/linalg.h"
#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

/// How often each node is read, by node index; an output is one more reader.
std::vector<int> reads_of(const Function& f) {
  std::vector<int> reads(f.graph->size(), 0);
  const std::vector<bool> marked = reachable(f);
  for (std::uint32_t index = 0; index < f.graph->size(); ++index)
    if (marked[index])
      for (const Value input : f.graph->node(index).inputs) ++reads[input.index()];
  for (const Value output : f.outputs) ++reads[output.index()];
  return reads;
}

}  // namespace

Function turn_products(const Function& source) {
  const std::vector<int> reads = reads_of(source);
  return rebuilt(source, [&](Graph& graph, const Node& node, std::vector<Value> operands) {
    const bool only_reader = is_transposition(node.op) && reads[node.inputs[0].index()] == 1;
    const auto* product = only_reader ? operands[0].node().op.as<MatMul>() : nullptr;
    if (!product) return graph.add(node.op, std::move(operands));
    const std::vector<Value>& factors = operands[0].node().inputs;
    return graph.add(MatMul{!product->transpose_b, !product->transpose_a},
                     {factors[1], factors[0]});
  });
}

}  // namespace palimpsest::passes
