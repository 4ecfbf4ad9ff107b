#include "passes/fold.h"

#include <algorithm>
#include <optional>

#include "graph/sources.h"
#include "ops/fused/elementwise.h"
#include "ops/movement/movement.h"

namespace palimpsest::passes {
namespace {

/// The constant of one element that fills the value, else null.
const Literal* filling(Value x) {
  while (x.node().op.as<Broadcast>() || x.node().op.as<Reshape>()) x = x.node().inputs[0];
  const Literal* literal = constant_of(x);
  return literal && literal->elements() == 1 ? literal : nullptr;
}

class Folder {
 public:
  Folder(const Evaluator& evaluate, FoldLimits limits) : evaluate_(evaluate), limits_(limits) {}

  Value fold(Graph& graph, const Node& node, std::vector<Value> operands) const {
    if (!node.op.as<Constant>()) {
      if (const Value filled = on_one_element(graph, node, operands)) return filled;
      if (const auto literal = computed(node, operands)) return graph.constant(*literal);
    }
    return graph.add(node.op, std::move(operands));
  }

 private:
  /// f(fill a, fill b) = fill f(a, b).
  Value on_one_element(Graph& graph, const Node& node, Operands operands) const {
    if (operands.empty() || node.type.shape.elements() <= 1 || !is_elementwise(node.op)) return {};
    std::vector<Literal> numbers;
    for (const Value operand : operands) {
      const Literal* number = filling(operand);
      if (!number) return {};
      numbers.push_back(number->reshaped(ones_shape(operand.shape().rank())));
    }
    const auto literal = evaluated(node.op, numbers);
    return literal ? broadcast_to(graph.constant(*literal), node.type.shape) : Value{};
  }

  std::optional<Literal> computed(const Node& node, Operands operands) const {
    if (node.op.as<Broadcast>()) return {};
    const std::size_t allowed = std::max(limits_.small_bytes, constant_bytes(operands));
    if (node.type.bytes() > allowed) return {};
    std::vector<Literal> literals;
    for (const Value operand : operands) {
      auto literal = known(operand, allowed);
      if (!literal) return {};
      literals.push_back(*std::move(literal));
    }
    return evaluated(node.op, literals);
  }

  static std::size_t constant_bytes(Operands operands) {
    std::size_t bytes = 0;
    for (const Value operand : operands)
      if (const Literal* literal = constant_of(operand)) bytes += literal->type().bytes();
    return bytes;
  }

  /// The value of a constant, or of a broadcast of one, which is made for the moment.
  std::optional<Literal> known(Value operand, std::size_t allowed) const {
    if (const Literal* literal = constant_of(operand)) return *literal;
    if (!operand.node().op.as<Broadcast>() || operand.type().bytes() > allowed) return {};
    const Literal* literal = constant_of(operand.node().inputs[0]);
    return literal ? evaluated(operand.node().op, {literal, 1}) : std::nullopt;
  }

  std::optional<Literal> evaluated(const Op& op, std::span<const Literal> operands) const {
    try {
      return evaluate_(op, operands);
    } catch (const NumericError&) {
      return {};  // if it is ever needed, the run will say so, with the node's label
    }
  }

  const Evaluator& evaluate_;
  FoldLimits limits_;
};

}  // namespace

Function fold_constants(const Function& source, const Evaluator& evaluate, FoldLimits limits) {
  const Folder folder(evaluate, limits);
  return rebuilt(source, [&](Graph& graph, const Node& node, std::vector<Value> operands) {
    return folder.fold(graph, node, std::move(operands));
  });
}

}  // namespace palimpsest::passes
