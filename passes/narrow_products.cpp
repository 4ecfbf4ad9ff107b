#include "passes/narrow_products.h"

#include <unordered_set>

#include "ops/conv/conv.h"
#include "ops/cost/flops.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::passes {
namespace {

/// FLOP below which converting the operands costs more than it gains.
constexpr double least_flops = 8e6;

bool is_grouped(const Op& op) {
  if (const auto* member = op.as<Conv>()) return member->geometry.groups > 1;
  if (const auto* member = op.as<ConvInputGrad>()) return member->geometry.groups > 1;
  if (const auto* member = op.as<ConvFilterGrad>()) return member->geometry.groups > 1;
  return false;
}

/// Reduced precision has no fast way to results of few channels.
bool is_image_gradient(const Op& op) {
  const auto* member = op.as<ConvInputGrad>();
  return member && has_image_channels(member->geometry.input[1]);
}

bool gains(const Node& node) {
  return node.type.dtype == DType::f32 && is_product(node.op) && !is_grouped(node.op) &&
         !is_image_gradient(node.op) && flops(node) >= least_flops;
}

}  // namespace

Function narrow_products(const Function& source, Operands exact) {
  const Graph& graph = *source.graph;
  const std::vector<bool> kept = reachable(graph, exact);
  std::unordered_set<const Node*> narrowed;
  for (std::uint32_t index = 0; index < graph.size(); ++index)
    if (!kept[index] && gains(graph.node(index))) narrowed.insert(&graph.node(index));
  return rebuilt(source, [&](Graph& to, const Node& node, std::vector<Value> operands) {
    if (narrowed.contains(&node))
      for (Value& operand : operands) operand = cast(operand, DType::bf16);
    return to.add(node.op, std::move(operands));
  });
}

}  // namespace palimpsest::passes
