#include "passes/bind.h"

#include "graph/sources.h"

namespace palimpsest::passes {
namespace {

using Bindings = std::span<const std::pair<std::size_t, Literal>>;

/// By input position: the literal, or null for an input that stays.
std::vector<const Literal*> checked(const Function& source, Bindings values) {
  std::vector<const Literal*> bound(source.inputs.size(), nullptr);
  for (const auto& [position, literal] : values) {
    if (position >= bound.size())
      throw InputError(
          text("bind: input ", position, " asked for, the function has ", bound.size()));
    if (bound[position]) throw InputError(text("bind: input ", position, " is bound twice"));
    const TensorType& type = source.inputs[position].type();
    if (!(literal.type() == type))
      throw ShapeError(
          text("bind: input ", position, ": ", type, " expected, ", literal.type(), " came"));
    bound[position] = &literal;
  }
  return bound;
}

}  // namespace

Function bind(const Function& source, Bindings values) {
  const std::vector<const Literal*> bound = checked(source, values);
  Function result;
  std::vector<Value> arguments;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const auto& input = *source.inputs[i].node().op.as<Input>();
    if (bound[i]) {
      arguments.push_back(result.graph->constant(*bound[i]));
    } else {
      arguments.push_back(result.graph->input(input.type, input.label));
      result.inputs.push_back(arguments.back());
    }
  }
  result.outputs = inlined(*result.graph, source, arguments);
  return result;
}

}  // namespace palimpsest::passes
