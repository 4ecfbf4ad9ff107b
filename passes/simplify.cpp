#include "passes/simplify.h"

#include <array>

#include "passes/rules.h"

namespace palimpsest::passes {
namespace {

constexpr std::array rules{simplified_arithmetic, simplified_choice,  simplified_movement,
                           simplified_sum,        simplified_product, simplified_repetition};

}  // namespace

Function simplify(const Function& source) {
  return rebuilt(source, [](Graph& graph, const Node& node, std::vector<Value> operands) {
    for (const auto rule : rules)
      if (const Value better = rule(node.op, operands)) return better;
    return graph.add(node.op, std::move(operands));
  });
}

}  // namespace palimpsest::passes
