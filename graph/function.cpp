#include "graph/function.h"

#include "graph/sources.h"

namespace palimpsest {

std::vector<Value> Mapping::operands(const Node& node) const {
  std::vector<Value> images;
  images.reserve(node.inputs.size());
  for (const Value input : node.inputs) images.push_back(to_[input.index()]);
  return images;
}

std::vector<bool> reachable(const Graph& graph, Operands values) {
  std::vector<bool> marked(graph.size(), false);
  for (const Value value : values) marked[value.index()] = true;
  for (std::uint32_t index = graph.size(); index-- > 0;) {
    if (!marked[index]) continue;
    for (const Value input : graph.node(index).inputs) marked[input.index()] = true;
  }
  return marked;
}

std::vector<bool> reachable(const Function& function) {
  return reachable(*function.graph, function.outputs);
}

namespace {

/// Carries the marked nodes over, in order; inputs must be mapped already.
void carry_over(Graph& source, const std::vector<bool>& marked, Graph& graph, Mapping& images,
                const Rebuild& rebuild) {
  for (std::uint32_t index = 0; index < marked.size(); ++index) {
    const Node& node = source.node(index);
    if (!marked[index] || node.op.as<Input>()) continue;
    const LabelScope label(graph, source.label(node));
    images[source.value(index)] = rebuild(graph, node, images.operands(node));
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
  carry_over(*source.graph, reachable(source), *result.graph, images, rebuild);
  for (const Value output : source.outputs) result.outputs.push_back(images[output]);
  return result;
}

std::vector<Value> inlined(Graph& graph, const Function& callee, Operands arguments) {
  return inlined(graph, callee, arguments, callee.outputs);
}

std::vector<Value> inlined(Graph& graph, const Function& callee, Operands arguments,
                           Operands results) {
  if (arguments.size() != callee.inputs.size())
    throw ShapeError(
        text("call: ", callee.inputs.size(), " arguments expected, ", arguments.size(), " came"));
  Mapping images(callee.graph->size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!(arguments[i].type() == callee.inputs[i].type()))
      throw ShapeError(text("call: argument ", i, ": ", callee.inputs[i].type(), " expected, ",
                            arguments[i].type(), " came"));
    images[callee.inputs[i]] = arguments[i];
  }
  carry_over(*callee.graph, reachable(*callee.graph, results), graph, images, same_node);
  std::vector<Value> copies;
  for (const Value result : results) copies.push_back(images[result]);
  return copies;
}

}  // namespace palimpsest
