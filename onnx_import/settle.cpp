#include "onnx_import/settle.h"

#include <algorithm>

#include "graph/sources.h"

namespace palimpsest::onnx_import {
namespace {

template <class F>
void for_each_site_value(Model& model, F f) {
  f(model.logits);
  f(model.head.features);
  for (BatchNormSite& site : model.batch_norms) {
    f(site.input);
    f(site.batch_mean);
    f(site.batch_variance);
  }
}

/// Marks, by node index, what a derivative of a float output can reach.
std::vector<bool> reached_by_derivatives(const Function& draft) {
  std::vector<bool> marked(draft.graph->size(), false);
  for (const Value output : draft.outputs) marked[output.index()] = is_float(output.dtype());
  for (std::uint32_t index = draft.graph->size(); index-- > 0;) {
    const Node& node = draft.graph->node(index);
    if (!marked[index] || node.op.derivative() == Derivative::inert) continue;
    for (const Value input : node.inputs)
      if (is_float(input.dtype())) marked[input.index()] = true;
  }
  return marked;
}

std::vector<const std::pair<Value, Parameter>*> trainable(
    const Function& draft, const Parameters& parameters,
    const std::map<std::string, std::size_t>& rank) {
  const std::vector<bool> reached = reached_by_derivatives(draft);
  std::vector<const std::pair<Value, Parameter>*> kept;
  for (const auto& entry : parameters.all())
    if (reached[entry.first.index()]) kept.push_back(&entry);
  const auto position = [&](const auto* entry) {
    const auto it = rank.find(entry->second.name);
    return it == rank.end() ? rank.size() : it->second;
  };
  std::stable_sort(kept.begin(), kept.end(),
                   [&](const auto* a, const auto* b) { return position(a) < position(b); });
  return kept;
}

/// The draft with its site values as further outputs, so that they count as reachable.
std::vector<bool> needed(Model& model) {
  std::vector<Value>& outputs = model.function.outputs;
  const std::size_t count = outputs.size();
  for_each_site_value(model, [&](Value& value) {
    if (value) outputs.push_back(value);
  });
  std::vector<bool> marked = reachable(model.function);
  outputs.resize(count);
  return marked;
}

}  // namespace

void settle(Model& model, const std::vector<Value>& data, const Parameters& parameters,
            const std::map<std::string, std::size_t>& rank) {
  const Function& draft = model.function;
  Function final;
  Mapping images(draft.graph->size());
  const auto carry_input = [&](Value value) {
    const auto& op = *value.node().op.as<Input>();
    images[value] = final.graph->input(op.type, op.label);
    final.inputs.push_back(images[value]);
  };
  for (const Value value : data) carry_input(value);
  for (const auto* entry : trainable(draft, parameters, rank)) {
    model.parameters.push_back(entry->second);
    model.parameters.back().input = final.inputs.size();
    carry_input(entry->first);
  }
  const std::vector<bool> marked = needed(model);
  for (std::uint32_t index = 0; index < draft.graph->size(); ++index) {
    const Value value = draft.graph->value(index);
    if (!marked[index] || images[value]) continue;
    const Node& node = value.node();
    const LabelScope label(*final.graph, draft.graph->label(node));
    const Parameter* parameter = parameters.find(value);
    images[value] = parameter ? final.graph->constant(parameter->initial)
                              : final.graph->add(node.op, images.operands(node));
  }
  for (const Value output : draft.outputs) final.outputs.push_back(images[output]);
  for_each_site_value(model, [&](Value& value) {
    if (value) value = images[value];
  });
  model.function = std::move(final);
}

}  // namespace palimpsest::onnx_import
