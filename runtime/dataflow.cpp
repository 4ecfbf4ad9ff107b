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
    const std::uint32_t home = flow.home_of[function.outputs[position].index()];
    if (flow.homes[home].residence == Residence::arena)
      flow.homes[home] = {Residence::output, position};
    else
      flow.copies.push_back({home, position});
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

Dataflow dataflow(const Function& function, const KernelTable& kernels) {
  const Graph& graph = *function.graph;
  Dataflow flow{graph, std::vector<std::uint32_t>(graph.size()), std::vector<Home>(graph.size()),
                {},    std::vector<bool>(graph.size(), false),   {}};
  place_sources(function, flow);
  const std::vector<bool> marked = reachable(function);
  for (std::uint32_t index = 0; index < graph.size(); ++index) {
    flow.home_of[index] = index;
    if (!marked[index] || flow.homes[index].residence != Residence::arena) continue;
    const Node& node = graph.node(index);
    const Aliasing aliasing = labelled<UnsupportedError>(
        graph.label(node), [&] { return kernels.find(node.op).aliasing; });
    if (aliasing == Aliasing::view) {
      flow.home_of[index] = flow.home_of[node.inputs[0].index()];
      continue;
    }
    flow.inplace[index] = aliasing == Aliasing::inplace;
    flow.steps.push_back(index);
  }
  place_outputs(function, flow);
  return flow;
}

}  // namespace palimpsest::runtime
