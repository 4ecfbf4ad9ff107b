#include "runtime/dataflow.h"

#include <algorithm>

#include "graph/sources.h"
#include "runtime/labelled.h"

namespace palimpsest::runtime {
namespace {

void place_sources(const Function& function, Dataflow& flow) {
  for (std::size_t position = 0; position < function.inputs.size(); ++position)
    flow.homes[function.inputs[position].index()] = {Residence::input, position};
  for (std::uint32_t index = 0; index < flow.graph.size(); ++index)
    if (flow.graph.node(index).op.as<Constant>()) flow.homes[index] = {Residence::constant, 0};
}

/// The first output of an intermediate becomes its memory; all others are copied.
void place_outputs(const Function& function, Dataflow& flow) {
  for (std::size_t position = 0; position < function.outputs.size(); ++position) {
    const Value output = function.outputs[position];
    const std::uint32_t home = flow.home_of[output.index()];
    if (flow.homes[home].residence == Residence::arena && flow.is_whole(output))
      flow.homes[home] = {Residence::output, position};
    else
      flow.copies.push_back({home, flow.offset_of[output.index()], position});
  }
}

}  // namespace

std::vector<std::uint32_t> Dataflow::operand_homes(std::uint32_t node) const {
  std::vector<std::uint32_t> homes_read;
  for (const Value input : graph.node(node).inputs) {
    const std::uint32_t home = home_of[input.index()];
    if (std::find(homes_read.begin(), homes_read.end(), home) == homes_read.end())
      homes_read.push_back(home);
  }
  return homes_read;
}

bool Dataflow::is_copied(std::uint32_t home) const {
  return homes[home].residence == Residence::arena &&
         std::ranges::any_of(copies, [&](const OutputCopy& copy) { return copy.home == home; });
}

Dataflow dataflow(const Function& function, const KernelTable& kernels) {
  const Graph& graph = *function.graph;
  Dataflow flow{graph,
                std::vector<std::uint32_t>(graph.size()),
                std::vector<std::size_t>(graph.size(), 0),
                std::vector<Home>(graph.size()),
                {},
                std::vector<bool>(graph.size(), false),
                {}};
  place_sources(function, flow);
  const std::vector<bool> marked = reachable(function);
  for (std::uint32_t index = 0; index < graph.size(); ++index) {
    flow.home_of[index] = index;
    if (!marked[index] || flow.homes[index].residence != Residence::arena) continue;
    const Node& node = graph.node(index);
    const KernelTable::Entry& entry = labelled<UnsupportedError>(
        graph.label(node), [&]() -> const KernelTable::Entry& { return kernels.find(node.op); });
    if (entry.aliasing == Aliasing::view) {
      const std::uint32_t shown = node.inputs[0].index();
      flow.home_of[index] = flow.home_of[shown];
      flow.offset_of[index] = flow.offset_of[shown];
      if (entry.view_offset) flow.offset_of[index] += entry.view_offset(node.op, node.type);
      continue;
    }
    flow.inplace[index] = entry.aliasing == Aliasing::inplace;
    flow.steps.push_back(index);
  }
  place_outputs(function, flow);
  return flow;
}

}  // namespace palimpsest::runtime
