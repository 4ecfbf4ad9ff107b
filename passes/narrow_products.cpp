#include "passes/narrow_products.h"

#include <algorithm>
#include <unordered_set>

#include "ops/conv/conv.h"
#include "ops/linalg/linalg.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::passes {
namespace {

/// Multiply-adds below which converting the operands costs more than it gains.
constexpr std::int64_t fewest_products = 4'000'000;

const ConvGeometry* geometry_of(const Op& op) {
  if (const auto* member = op.as<Conv>()) return &member->geometry;
  if (const auto* member = op.as<ConvInputGrad>()) return &member->geometry;
  if (const auto* member = op.as<ConvFilterGrad>()) return &member->geometry;
  return nullptr;
}

/// Multiply-adds of a product that may read bf16; 0 for everything else.
std::int64_t products_of(const Node& node) {
  if (const ConvGeometry* g = geometry_of(node.op))
    return g->groups == 1 ? g->output.elements() * (g->filter.elements() / g->filter[0]) : 0;
  if (const auto* product = node.op.as<MatMul>()) {
    const Shape& a = node.inputs[0].shape();
    return node.type.shape.elements() * a[product->transpose_a ? -2 : -1];
  }
  return 0;
}

bool gains(const Node& node) {
  return node.type.dtype == DType::f32 && products_of(node) >= fewest_products;
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
