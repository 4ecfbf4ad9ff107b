#include "passes/fuse.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <stdexcept>

#include "graph/sources.h"
#include "ops/fused/fused.h"
#include "ops/fused/rows.h"
#include "passes/fuse_groups.h"

namespace palimpsest::passes {
namespace {

/// The members of a group as instructions, with the numbers of their values.
struct Numbered {
  FusedInstructions body, reductions;  ///< apart where reductions end chains
  std::unordered_map<std::uint32_t, std::uint32_t> number_of;  ///< by node index
};

Numbered numbered(const Graph& graph, const Group& group) {
  Numbered result;
  const auto next = [&] { return static_cast<std::uint32_t>(result.number_of.size()); };
  for (const Value operand : group.operands) result.number_of.emplace(operand.index(), next());
  for (const std::uint32_t index : group.members) {
    const Node& node = graph.node(index);
    std::vector<std::uint32_t> operands;
    for (const Value input : node.inputs) {
      const bool inside = group.members.contains(input.index());
      operands.push_back(result.number_of.at(inside ? input.index() : read_for(input).index()));
    }
    if (group.form == Group::Form::reductions && is_reduction(node.op)) {
      result.reductions.push_back({node.op, std::move(operands)});
      continue;
    }
    result.body.push_back({node.op, std::move(operands)});
    result.number_of.emplace(index, next());
  }
  return result;
}

FusedRows rows(const Graph& graph, const Group& group, Numbered numbered) {
  FusedRows op{std::move(numbered.body), {}, {}, {}};
  for (const std::uint32_t end : group.ends) op.results.push_back(numbered.number_of.at(end));
  const auto reduction = std::ranges::find_if(
      group.members, [&](std::uint32_t index) { return is_reduction(graph.node(index).op); });
  op.shape = graph.node(*reduction).inputs[0].shape();
  op.axes = *reduced_axes(graph.node(*reduction).op);
  return op;
}

/// A group as its fused node.
Op fused(const Graph& graph, const Group& group) {
  Numbered made = numbered(graph, group);
  const Node& end = graph.node(group.ends.back());
  if (group.form == Group::Form::chain) return FusedPointwise{std::move(made.body), end.type.shape};
  if (group.form == Group::Form::rows) return rows(graph, group, std::move(made));
  return FusedReduction{std::move(made.body), std::move(made.reductions), end.inputs[0].shape()};
}

/// Where each of a fused node's several results begins, in elements.
std::vector<std::int64_t> offsets(const Node& fused) {
  if (const auto* rows = fused.op.as<FusedRows>()) {
    std::vector<TensorType> types;
    for (const Value input : fused.inputs) types.push_back(input.type());
    return rows->offsets(rows->value_types(types));
  }
  std::vector<std::int64_t> offsets;
  const std::int64_t results = fused.type.shape[0];
  for (std::int64_t k = 0; k < results; ++k)
    offsets.push_back(k * (fused.type.shape.elements() / results));
  return offsets;
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
    const std::vector<std::int64_t> first = offsets(value.node());
    for (std::size_t k = 0; k < group->ends.size(); ++k) {
      const Value end = source_.graph->value(group->ends[k]);
      images_[end] = result_.graph->add(Part{first[k], end.shape()}, {value});
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
