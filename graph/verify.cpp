#include "graph/verify.h"

#include <stdexcept>

#include "graph/sources.h"

namespace palimpsest {
namespace {

void verify_node(const Graph& graph, std::uint32_t index) {
  const Node& node = graph.node(index);
  std::vector<TensorType> types;
  for (const Value input : node.inputs) {
    if (&input.graph() != &graph || input.index() >= index)
      throw std::logic_error(text("verify: node ", index, " (", node.op.name(),
                                  ") uses a value that does not come before it"));
    types.push_back(input.type());
  }
  const TensorType inferred = node.op.infer(types);
  if (!(inferred == node.type))
    throw std::logic_error(text("verify: node ", index, " (", node.op.name(), ") is stored as ",
                                node.type, ", its operands give ", inferred));
}

}  // namespace

void verify(const Function& function) {
  const Graph& graph = *function.graph;
  for (std::uint32_t index = 0; index < graph.size(); ++index) verify_node(graph, index);
  for (std::size_t i = 0; i < function.inputs.size(); ++i) {
    const auto* input = function.inputs[i].node().op.as<Input>();
    if (&function.inputs[i].graph() != &graph || !input || input->position != static_cast<int>(i))
      throw std::logic_error(text("verify: input ", i, " is not the input node of that position"));
  }
  for (const Value output : function.outputs)
    if (&output.graph() != &graph)
      throw std::logic_error("verify: an output belongs to another graph");
}

}  // namespace palimpsest
