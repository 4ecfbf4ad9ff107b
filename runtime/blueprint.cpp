#include "runtime/blueprint.h"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include "graph/sources.h"
#include "runtime/cpu/parallel.h"
#include "runtime/labelled.h"
#include "runtime/recompute.h"
#include "runtime/schedule.h"

namespace palimpsest::runtime {
namespace {

using Kernels = std::vector<std::shared_ptr<Kernel>>;

const Literal& literal_at(const Dataflow& flow, std::uint32_t constant) {
  return flow.graph.node(constant).op.as<Constant>()->literal;
}

/// The data of a node's operands where they are constants, also behind views.
std::deque<Literal> constant_operands(const Dataflow& flow, const Node& node,
                                      std::vector<const Literal*>& known) {
  std::deque<Literal> reshaped;  // a deque: addresses stay valid while it grows
  for (const Value input : node.inputs) {
    const std::uint32_t home = flow.home_of[input.index()];
    const bool constant = flow.homes[home].residence == Residence::constant && flow.is_whole(input);
    if (constant) reshaped.push_back(literal_at(flow, home).reshaped(input.shape()));
    known.push_back(constant ? &reshaped.back() : nullptr);
  }
  return reshaped;
}

std::unique_ptr<Kernel> prepared(const Dataflow& flow, const Node& node, const KernelTable& table,
                                 const CompileOptions& options, PackedConstants& packed) {
  std::vector<TensorType> types;
  for (const Value input : node.inputs) types.push_back(input.type());
  std::vector<const Literal*> known;
  const std::deque<Literal> literals = constant_operands(flow, node, known);
  return table.find(node.op).prepare({node.op, types, node.type, known, options.threads,
                                      options.reproducible, &packed, options.choices});
}

Kernels prepared_kernels(const Dataflow& flow, const KernelTable& table,
                         const CompileOptions& options) {
  const ThreadScope scope(options.threads);
  Kernels kernels(flow.graph.size());
  PackedConstants packed;
  for (const std::uint32_t index : flow.steps) {
    const Node& node = flow.graph.node(index);
    kernels[index] = labelled<UnsupportedError>(
        flow.graph.label(node), [&] { return prepared(flow, node, table, options, packed); });
  }
  return kernels;
}

/// A constant stays unless every launch that takes it has packed it.
std::vector<std::uint32_t> kept_constants(const Dataflow& flow, const Kernels& kernels) {
  std::vector<bool> read(flow.graph.size(), false);
  for (const OutputCopy& copy : flow.copies) read[copy.home] = true;
  for (const std::uint32_t index : flow.steps) {
    const std::vector<Value>& inputs = flow.graph.node(index).inputs;
    for (std::size_t operand = 0; operand < inputs.size(); ++operand)
      if (!kernels[index]->absorbs(operand)) read[flow.home_of[inputs[operand].index()]] = true;
  }
  std::vector<std::uint32_t> kept;
  for (std::uint32_t index = 0; index < flow.graph.size(); ++index)
    if (read[index] && flow.homes[index].residence == Residence::constant) kept.push_back(index);
  return kept;
}

std::size_t constant_bytes(const Dataflow& flow, std::span<const std::uint32_t> constants) {
  std::size_t bytes = 0;
  std::unordered_set<const std::byte*> counted;  // literals may share their data
  for (const std::uint32_t index : constants) {
    const Literal& literal = literal_at(flow, index);
    if (counted.insert(literal.bytes()).second) bytes += literal.type().bytes();
  }
  return bytes;
}

MemoryReport report_of(const Function& function, const Blueprint& blueprint) {
  MemoryReport report;
  report.arena = blueprint.plan.arena;
  report.constants = constant_bytes(blueprint.flow, blueprint.constants);
  for (const std::uint32_t index : blueprint.flow.steps)
    report.constants += blueprint.kernels[index]->resident_bytes();
  for (const Value input : function.inputs) report.io += input.type().bytes();
  for (const Value output : function.outputs) report.io += output.type().bytes();
  std::unordered_set<std::uint32_t> launched;
  for (const std::uint32_t index : blueprint.plan.order) {
    if (launched.insert(index).second) continue;
    ++report.repeated_launches;
    report.repeated_products += is_product(blueprint.flow, index) ? 1 : 0;
  }
  return report;
}

std::string described(const Dataflow& flow, std::uint32_t index) {
  const Node& node = flow.graph.node(index);
  const auto* input = node.op.as<Input>();
  const std::string& label = input ? input->label : flow.graph.label(node);
  return text("\n  ", node.type.bytes(), " bytes: ", node.op.name(), ' ', node.type,
              label.empty() ? "" : " of ", label);
}

std::string largest_tensors(const Blueprint& blueprint, const Function& function) {
  std::vector<std::uint32_t> nodes = blueprint.constants;
  nodes.insert(nodes.end(), blueprint.flow.steps.begin(), blueprint.flow.steps.end());
  for (const Value input : function.inputs) nodes.push_back(input.index());
  const Graph& graph = blueprint.flow.graph;
  std::stable_sort(nodes.begin(), nodes.end(), [&](std::uint32_t a, std::uint32_t b) {
    return graph.node(a).type.bytes() > graph.node(b).type.bytes();
  });
  std::string list;
  for (std::size_t i = 0; i < std::min<std::size_t>(nodes.size(), 5); ++i)
    list += described(blueprint.flow, nodes[i]);
  return list;
}

}  // namespace

Blueprint blueprint(const Function& function, const KernelTable& table,
                    const CompileOptions& options) {
  Blueprint result{dataflow(function, table), {}, {}, {}, {}};
  result.kernels = prepared_kernels(result.flow, table, options);
  std::vector<std::size_t> workspaces(result.flow.graph.size(), 0);
  for (const std::uint32_t index : result.flow.steps)
    workspaces[index] = result.kernels[index]->workspace_bytes();
  result.plan = best_plan(result.flow, workspaces);
  result.constants = kept_constants(result.flow, result.kernels);
  result.memory = report_of(function, result);
  if (options.max_memory > 0 && result.memory.total() > options.max_memory) {
    const std::size_t fixed = result.memory.constants + result.memory.io;
    const std::size_t room = options.max_memory - std::min(options.max_memory, fixed);
    result.plan = recomputing_plan(result.flow, std::move(result.plan), workspaces, room);
    result.memory = report_of(function, result);
  }
  return result;
}

void check_budget(const Blueprint& blueprint, const Function& function, std::size_t limit) {
  const MemoryReport& memory = blueprint.memory;
  if (limit == 0 || memory.total() <= limit) return;
  throw ResourceError(text("compile: ", memory.total(), " bytes needed (intermediates ",
                           memory.arena, ", constants ", memory.constants, ", inputs and outputs ",
                           memory.io, "), the limit is ", limit,
                           "; the largest tensors:", largest_tensors(blueprint, function)));
}

}  // namespace palimpsest::runtime
