#include "passes/fuse.h"

#include <functional>
#include <queue>
#include <stdexcept>

#include "graph/sources.h"
#include "ops/fused/fused.h"
#include "ops/movement/movement.h"
#include "passes/fuse_groups.h"

namespace palimpsest::passes {
namespace {

/// A group as its fused node.
Op fused(const Graph& graph, const Group& group) {
  std::vector<FusedPointwise::Instruction> body, reductions;
  std::unordered_map<std::uint32_t, std::uint32_t> number_of;  // of values, by node index
  for (const Value operand : group.operands)
    number_of.emplace(operand.index(), static_cast<std::uint32_t>(number_of.size()));
  for (const std::uint32_t index : group.members) {
    const Node& node = graph.node(index);
    std::vector<std::uint32_t> operands;
    for (const Value input : node.inputs) {
      const bool inside = group.members.contains(input.index());
      operands.push_back(number_of.at(inside ? input.index() : read_for(input).index()));
    }
    if (is_reduction(node.op)) {
      reductions.push_back({node.op, std::move(operands)});
      continue;
    }
    body.push_back({node.op, std::move(operands)});
    number_of.emplace(index, static_cast<std::uint32_t>(number_of.size()));
  }
  const Node& end = graph.node(group.ends.back());
  if (reductions.empty()) return FusedPointwise{std::move(body), end.type.shape};
  return FusedReduction{std::move(body), std::move(reductions), end.inputs[0].shape()};
}

/// Carries a function over into a new graph, a group as one node. Reductions of one group may
/// lie apart in the source, with nodes between them that need the one or make an operand of the
/// other, so the order is found anew: of what is ready, the earliest in the source comes first.
class Fusion {
 public:
  Fusion(const Function& source, const Grouping& grouping)
      : source_(source),
        grouping_(grouping),
        images_(source.graph->size()),
        waiting_for_(source.graph->size(), unknown),
        readers_(source.graph->size()) {
    for (const Value input : source.inputs) {
      const auto& op = *input.node().op.as<Input>();
      images_[input] = result_.graph->input(op.type, op.label);
      result_.inputs.push_back(images_[input]);
    }
    for (const Value output : source.outputs) want(output);
  }

  Function finish() {
    while (!ready_.empty()) {
      const std::uint32_t unit = ready_.top();
      ready_.pop();
      add(unit);
      for (const std::uint32_t reader : readers_[unit])
        if (--waiting_for_[reader] == 0) ready_.push(reader);
    }
    for (const Value output : source_.outputs) {
      if (!images_[output]) throw std::logic_error("fuse: groups wait for each other");
      result_.outputs.push_back(images_[output]);
    }
    return std::move(result_);
  }

 private:
  static constexpr std::uint32_t unknown = ~std::uint32_t{0};

  /// A group goes by its first end, another node by itself.
  std::uint32_t unit_of(std::uint32_t index) const {
    const Group* group = grouping_.ending_in(index);
    return group ? group->ends.front() : index;
  }

  const std::vector<Value>& reads_of(std::uint32_t unit) const {
    const Group* group = grouping_.ending_in(unit);
    return group ? group->operands : source_.graph->node(unit).inputs;
  }

  /// Enters everything that a value depends on and that is not known yet.
  void want(Value wanted) {
    std::vector<std::uint32_t> open{unit_of(wanted.index())};
    while (!open.empty()) {
      const std::uint32_t unit = open.back();
      open.pop_back();
      if (waiting_for_[unit] != unknown) continue;
      waiting_for_[unit] = 0;
      for (const Value read : reads_of(unit)) {
        const std::uint32_t needed = unit_of(read.index());
        ++waiting_for_[unit];
        readers_[needed].push_back(unit);
        open.push_back(needed);
      }
      if (waiting_for_[unit] == 0) ready_.push(unit);
    }
  }

  void add(std::uint32_t unit) {
    const Node& node = source_.graph->node(unit);
    if (node.op.as<Input>()) return;
    const LabelScope label(*result_.graph, source_.graph->label(node));
    std::vector<Value> operands;
    for (const Value read : reads_of(unit)) operands.push_back(images_[read]);
    const Group* group = grouping_.ending_in(unit);
    const Value value =
        result_.graph->add(group ? fused(*source_.graph, *group) : node.op, std::move(operands));
    if (!group || group->ends.size() == 1) {
      images_[source_.graph->value(unit)] = value;
      return;
    }
    for (std::size_t k = 0; k < group->ends.size(); ++k) {
      const Value end = source_.graph->value(group->ends[k]);
      images_[end] = reshape(slice_axis(value, 0, static_cast<std::int64_t>(k), 1), end.shape());
    }
  }

  using Earliest = std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>>;

  const Function& source_;
  const Grouping& grouping_;
  Function result_;
  Mapping images_;
  std::vector<std::uint32_t> waiting_for_;           // by unit: reads that are not added yet
  std::vector<std::vector<std::uint32_t>> readers_;  // by unit
  Earliest ready_;
};

}  // namespace

Function fuse(const Function& source, FuseLimits limits) {
  const Grouping grouping(source, limits);
  return Fusion(source, grouping).finish();
}

}  // namespace palimpsest::passes
