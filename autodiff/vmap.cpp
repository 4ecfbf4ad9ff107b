#include "autodiff/vmap.h"

#include <algorithm>

#include "autodiff/lane_rules.h"
#include "graph/sources.h"

namespace palimpsest::autodiff {
namespace {

TensorType with_lanes(const TensorType& type, std::int64_t lanes) {
  std::vector<std::int64_t> extents{lanes};
  extents.insert(extents.end(), type.shape.begin(), type.shape.end());
  return {type.dtype, Shape(std::move(extents))};
}

/// The function being made, with what is known of the source's values.
class Lanes {
 public:
  Lanes(const Function& source, std::int64_t lanes)
      : source_(source),
        lanes_(lanes),
        images_(source.graph->size()),
        has_lanes_(source.graph->size(), false) {}

  Function made(const std::vector<bool>& batched) {
    for (std::size_t i = 0; i < batched.size(); ++i) add_input(source_.inputs[i], batched[i]);
    const std::vector<bool> marked = reachable(source_);
    for (std::uint32_t index = 0; index < marked.size(); ++index)
      if (marked[index]) add_node(source_.graph->value(index));
    for (const Value output : source_.outputs)
      result_.outputs.push_back(
          LaneCall{*result_.graph, lanes_, {images_[output]}, {has_lanes_[output.index()]}}.laned(
              0));
    return std::move(result_);
  }

 private:
  void add_input(Value input, bool batched) {
    const auto& op = *input.node().op.as<Input>();
    images_[input] =
        result_.graph->input(batched ? with_lanes(op.type, lanes_) : op.type, op.label);
    has_lanes_[input.index()] = batched;
    result_.inputs.push_back(images_[input]);
  }

  void add_node(Value value) {
    const Node& node = value.node();
    if (node.op.as<Input>()) return;
    const LabelScope label(*result_.graph, source_.graph->label(node));
    LaneCall call{*result_.graph, lanes_, images_.operands(node), {}};
    for (const Value input : node.inputs) call.has_lanes.push_back(has_lanes_[input.index()]);
    const bool any = std::ranges::find(call.has_lanes, true) != call.has_lanes.end();
    has_lanes_[value.index()] = any;
    images_[value] =
        any ? laned_result(node.op, call) : result_.graph->add(node.op, std::move(call.operands));
  }

  const Function& source_;
  std::int64_t lanes_;
  Mapping images_;
  std::vector<bool> has_lanes_;  // by index in the source
  Function result_;
};

}  // namespace

Function vmap(const Function& source, std::int64_t lanes, const std::vector<bool>& batched) {
  if (lanes < 1) throw InputError(text("vmap: at least one lane expected, ", lanes, " came"));
  if (batched.size() != source.inputs.size())
    throw InputError(text("vmap: ", source.inputs.size(), " inputs, ", batched.size(),
                          " marks of which are batched came"));
  return Lanes(source, lanes).made(batched);
}

}  // namespace palimpsest::autodiff
