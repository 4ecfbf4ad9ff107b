#include "graph/function.h"

#include "graph/sources.h"

namespace palimpsest {

std::vector<Value> Mapping::operands(const Node& node) const {
  std::vector<Value> images;
  images.reserve(node.inputs.size());
  for (const Value input : node.inputs) images.push_back(to_[input.index()]);
  return images;
}

std::vector<bool> reachable(const Function& function) {
  std::vector<bool> marked(function.graph->size(), false);
  for (const Value output : function.outputs) marked[output.index()] = true;
  for (std::uint32_t index = function.graph->size(); index-- > 0;) {
    if (!marked[index]) continue;
    for (const Value input : function.graph->node(index).inputs) marked[input.index()] = true;
  }
  return marked;
}

namespace {

/// Carries the marked nodes over, in order; inputs must be mapped already.
void carry_over(const Function& source, Graph& graph, Mapping& images, const Rebuild& rebuild) {
  const std::vector<bool> marked = reachable(source);
  for (std::uint32_t index = 0; index < source.graph->size(); ++index) {
    const Node& node = source.graph->node(index);
    if (!marked[index] || node.op.as<Input>()) continue;
    const LabelScope label(graph, source.graph->label(node));
    images[source.graph->value(index)] = rebuild(graph, node, images.operands(node));
  }
}

Value same_node(Graph& graph, const Node& node, std::vector<Value> operands) {
  return graph.add(node.op, std::move(operands));
}

}  // namespace

Function rebuilt(const Function& source, const Rebuild& rebuild) {
  Function result;
  Mapping images(source.graph->size());
  for (const Value input : source.inputs) {
    const auto& op = *input.node().op.as<Input>();
    images[input] = result.graph->input(op.type, op.label);
    result.inputs.push_back(images[input]);
  }
  carry_over(source, *result.graph, images, rebuild);
  for (const Value output : source.outputs) result.outputs.push_back(images[output]);
  return result;
}

std::vector<Value> inlined(Graph& graph, const Function& callee, Operands arguments) {
  if (arguments.size() != callee.inputs.size())
    throw ShapeError(text("call: ", callee.inputs.size(), " arguments expected, ", arguments.size(),
                          " came"));
  Mapping images(callee.graph->size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!(arguments[i].type() == callee.inputs[i].type()))
      throw ShapeError(text("call: argument ", i, ": ", callee.inputs[i].type(), " expected, ",
                            arguments[i].type(), " came"));
    images[callee.inputs[i]] = arguments[i];
  }
  carry_over(callee, graph, images, same_node);
  std::vector<Value> outputs;
  for (const Value output : callee.outputs) outputs.push_back(images[output]);
  return outputs;
}

}  // namespace palimpsest
