#include "runtime/evaluate.h"

#include "graph/sources.h"
#include "runtime/buffer.h"
#include "runtime/cpu/parallel.h"
#include "runtime/labelled.h"

namespace palimpsest::runtime {
namespace {

std::vector<TensorType> types_of(std::span<const Literal> literals) {
  std::vector<TensorType> types;
  types.reserve(literals.size());
  for (const Literal& literal : literals) types.push_back(literal.type());
  return types;
}

/// One primitive on host data. Operands count as unknown data, so that no kernel packs them.
Literal computed(const KernelTable& kernels, const Op& op, std::span<const Literal> operands,
                 int threads) {
  if (const auto* constant = op.as<Constant>()) return constant->literal;
  const std::vector<TensorType> types = types_of(operands);
  const TensorType type = op.infer(types);
  const KernelTable::Entry& entry = kernels.find(op);
  if (entry.view_offset)
    return Literal::copy_of(type, operands[0].bytes() + entry.view_offset(op, type));
  if (entry.aliasing == Aliasing::view) return operands[0].reshaped(type.shape);

  const ThreadScope scope(threads);
  const std::vector<const Literal*> unknown(operands.size(), nullptr);
  const auto kernel = entry.prepare({op, types, type, unknown, threads});
  std::vector<const std::byte*> inputs;
  for (const Literal& operand : operands) inputs.push_back(operand.bytes());
  const auto result = Literal::allocate(type);
  const Buffer workspace = allocated(kernel->workspace_bytes());
  kernel->run({inputs, result.get(), workspace.get()});
  return Literal(type, result);
}

void check_arguments(const Function& function, std::span<const Literal> inputs) {
  if (inputs.size() != function.inputs.size())
    throw ShapeError(
        text("evaluate: ", function.inputs.size(), " inputs expected, ", inputs.size(), " came"));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!(inputs[i].type() == function.inputs[i].type()))
      throw ShapeError(text("evaluate: input ", i, ": ", function.inputs[i].type(), " expected, ",
                            inputs[i].type(), " came"));
}

/// How often each node is used: by marked nodes, and once more for each output it is.
std::vector<std::uint32_t> uses_of(const Function& function, const std::vector<bool>& marked) {
  std::vector<std::uint32_t> uses(function.graph->size(), 0);
  for (std::uint32_t index = 0; index < function.graph->size(); ++index)
    if (marked[index])
      for (const Value input : function.graph->node(index).inputs) ++uses[input.index()];
  for (const Value output : function.outputs) ++uses[output.index()];
  return uses;
}

}  // namespace

Evaluator evaluator(const KernelTable& kernels) {
  return [kernels](const Op& op, std::span<const Literal> operands) {
    return computed(kernels, op, operands, 1);
  };
}

std::vector<Literal> evaluate(const Function& function, std::span<const Literal> inputs,
                              const KernelTable& kernels, int threads) {
  check_arguments(function, inputs);
  const Graph& graph = *function.graph;
  const std::vector<bool> marked = reachable(function);
  std::vector<std::uint32_t> uses = uses_of(function, marked);
  const Literal nothing;
  std::vector<Literal> values(graph.size(), nothing);
  for (std::size_t i = 0; i < inputs.size(); ++i) values[function.inputs[i].index()] = inputs[i];

  for (std::uint32_t index = 0; index < graph.size(); ++index) {
    const Node& node = graph.node(index);
    if (!marked[index] || node.op.as<Input>()) continue;
    std::vector<Literal> operands;
    for (const Value input : node.inputs) operands.push_back(values[input.index()]);
    values[index] = labelled<NumericError>(
        graph.label(node), [&] { return computed(kernels, node.op, operands, threads); });
    for (const Value input : node.inputs)
      if (--uses[input.index()] == 0) values[input.index()] = nothing;
  }

  std::vector<Literal> outputs;
  for (const Value output : function.outputs) outputs.push_back(values[output.index()]);
  return outputs;
}

}  // namespace palimpsest::runtime
