#include "onnx_import/known.h"

#include <algorithm>
#include <map>
#include <set>

#include "graph/sources.h"

namespace palimpsest::onnx_import {
namespace {

constexpr std::size_t max_evaluated_bytes = std::size_t{1} << 28;
constexpr std::size_t max_evaluated_bytes_in_all = std::size_t{1} << 33;
constexpr std::size_t max_folded_float_bytes = std::size_t{1} << 20;

/// The value and all that it is computed from, in topological order.
std::set<std::uint32_t> ancestors(Value value) {
  std::set<std::uint32_t> found{value.index()};
  std::vector<std::uint32_t> open{value.index()};
  while (!open.empty()) {
    const Node& node = value.graph().node(open.back());
    open.pop_back();
    for (const Value input : node.inputs)
      if (found.insert(input.index()).second) open.push_back(input.index());
  }
  return found;
}

bool worth_folding(const Node& node) {
  return node.type.bytes() <=
         (is_float(node.type.dtype) ? max_folded_float_bytes : max_evaluated_bytes);
}

}  // namespace

Known::Source Known::source(Value value) {
  for (auto index = static_cast<std::uint32_t>(sources_.size()); index < graph_.size(); ++index) {
    const Node& node = graph_.node(index);
    Source worst = Source::constants;
    if (!worth_folding(node) && !node.op.as<Constant>()) worst = Source::large;
    if (node.op.as<Input>())
      worst = parameters_.find(graph_.value(index)) ? Source::parameters : Source::data;
    for (const Value input : node.inputs) worst = std::max(worst, sources_[input.index()]);
    sources_.push_back(worst);
  }
  return sources_[value.index()];
}

Literal Known::evaluated(Value value) {
  std::map<std::uint32_t, Literal> results;
  for (const std::uint32_t index : ancestors(value)) {
    const Node& node = graph_.node(index);
    if (const Parameter* parameter = parameters_.find(graph_.value(index))) {
      results.emplace(index, parameter->initial);
      continue;
    }
    if (const Literal* constant = constant_of(graph_.value(index))) {
      results.emplace(index, *constant);
      continue;
    }
    evaluated_bytes_ += node.type.bytes();
    if (node.type.bytes() > max_evaluated_bytes || evaluated_bytes_ > max_evaluated_bytes_in_all)
      throw ResourceError(
          text(graph_.label(node), ": ", node.type, " is too large to be computed at import"));
    std::vector<Literal> operands;
    for (const Value input : node.inputs) operands.push_back(results.at(input.index()));
    results.emplace(index, evaluate_(node.op, operands));
  }
  return results.at(value.index());
}

std::optional<Literal> Known::literal(Value value) {
  if (source(value) == Source::data) return std::nullopt;
  return evaluated(value);
}

Value Known::folded(Value value) {
  if (constant_of(value) || source(value) != Source::constants) return value;
  return graph_.constant(evaluated(value));
}

}  // namespace palimpsest::onnx_import
