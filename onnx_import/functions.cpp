#include "onnx_import/functions.h"

#include "graph/error.h"
#include "onnx_import/opsets.h"

namespace palimpsest::onnx_import {
namespace {

constexpr std::int64_t max_expanded_nodes = std::int64_t{1} << 20;

std::string plain_domain(const std::string& domain) {
  return is_default_domain(domain) ? "" : domain;
}

std::int64_t node_count(const google::protobuf::RepeatedPtrField<wire::Node>& nodes) {
  std::int64_t count = 0;
  for_each_node(nodes, [&](const wire::Node&) { ++count; });
  return count;
}

}  // namespace

Functions::Functions(const wire::Model& model) {
  for (const wire::Function& function : model.functions()) {
    const Key key{plain_domain(function.domain()), function.name(), function.overload()};
    if (!by_name_.emplace(key, &function).second)
      throw ImportError(
          text("function '", function.name(), "' of domain '", function.domain(), "' comes twice"));
  }
  for (const wire::Function& function : model.functions())
    calls_.emplace(&function, calls_in(function.node()));
  order(model);
  check_expansion(model);
}

const wire::Function* Functions::find(const wire::Node& node) const {
  const auto it = by_name_.find({plain_domain(node.domain()), node.op_type(), node.overload()});
  return it == by_name_.end() ? nullptr : it->second;
}

Functions::Calls Functions::calls_in(
    const google::protobuf::RepeatedPtrField<wire::Node>& nodes) const {
  Calls calls;
  for_each_node(nodes, [&](const wire::Node& node) {
    if (const wire::Function* callee = find(node)) ++calls[callee];
  });
  return calls;
}

/// Kahn's algorithm; what it leaves over lies on a cycle.
void Functions::order(const wire::Model& model) {
  std::map<const wire::Function*, std::int64_t> callers;
  for (const auto& [caller, calls] : calls_)
    for (const auto& [callee, count] : calls) ++callers[callee];
  for (const wire::Function& function : model.functions())
    if (!callers.contains(&function)) ordered_.push_back(&function);
  for (std::size_t next = 0; next < ordered_.size(); ++next)
    for (const auto& [callee, count] : calls_.at(ordered_[next]))
      if (--callers[callee] == 0) ordered_.push_back(callee);
  if (ordered_.size() == calls_.size()) return;
  for (const auto& [function, left] : callers)
    if (left > 0) throw ImportError(text("function '", function->name(), "' calls itself"));
}

void Functions::check_expansion(const wire::Model& model) const {
  std::map<const wire::Function*, std::int64_t> expanded;
  // Operands stay below 2^20 and 2^23, so that no product overflows.
  const auto size_of_body = [&](std::int64_t own, const Calls& calls) {
    std::int64_t total = own;
    for (const auto& [callee, count] : calls) {
      total += count * expanded.at(callee);
      if (total > max_expanded_nodes)
        throw ImportError(
            text("the model's functions expand to more than ", max_expanded_nodes, " nodes"));
    }
    return total;
  };
  for (auto it = ordered_.rbegin(); it != ordered_.rend(); ++it)
    expanded[*it] = size_of_body(node_count((*it)->node()), calls_.at(*it));
  size_of_body(node_count(model.graph().node()), calls_in(model.graph().node()));
}

}  // namespace palimpsest::onnx_import
