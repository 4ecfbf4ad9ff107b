#include "passes/fuse.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "ops/fused/elementwise.h"
#include "ops/fused/fused.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::passes {
namespace {

/// Quotients of integers check their data before they compute, so they stay alone.
bool can_fuse(const Node& node) {
  const bool quotient = node.op.as<Div>() || node.op.as<Fmod>();
  return is_elementwise(node.op) && !node.op.as<Detach>() &&
         !(quotient && node.type.dtype == DType::i64);
}

/// What a fused node reads for an operand: the source of a broadcast rather than the broadcast.
Value read_for(Value operand) {
  return operand.node().op.as<Broadcast>() ? operand.node().inputs[0] : operand;
}

/// Nodes that become one, by index; the last is the one whose value leaves the group.
struct Group {
  std::set<std::uint32_t> members;
  std::vector<Value> operands;  ///< what is read from outside, distinct, in order of first use
};

class Grouping {
 public:
  Grouping(const Function& source, FuseLimits limits)
      : graph_(*source.graph), limits_(limits), users_(graph_.size()), taken_(graph_.size()) {
    const std::vector<bool> marked = reachable(source);
    for (std::uint32_t index = 0; index < graph_.size(); ++index)
      if (marked[index])
        for (const Value input : graph_.node(index).inputs) users_[input.index()].push_back(index);
    // An output has a user that is in no group.
    for (const Value output : source.outputs) users_[output.index()].push_back(graph_.size());
    for (std::uint32_t index = graph_.size(); index-- > 0;)
      if (marked[index] && !taken_[index] && can_fuse(graph_.node(index))) form(index);
  }

  /// The group that ends in the node, or null.
  const Group* ending_in(const Node& node) const {
    const auto it = groups_.find(&node);
    return it == groups_.end() ? nullptr : &it->second;
  }

 private:
  void form(std::uint32_t last) {
    Group group = grown(last, Growth::free);
    if (!may_lie_on_operands(group)) group = grown(last, Growth::careful);
    if (!is_worth_it(group) || !may_lie_on_operands(group)) return;
    for (const std::uint32_t index : group.members) taken_[index] = true;
    groups_.emplace(&graph_.node(last), std::move(group));
  }

  /// Growing freely may pass through states that the result could not be computed in place in,
  /// on to one where it can; growing carefully never does.
  enum class Growth { free, careful };

  /// Grows backwards from `last`; the highest candidate comes first, so that all its users
  /// inside the group are known when it is its turn.
  Group grown(std::uint32_t last, Growth growth) const {
    Group group = with_operands({last});
    std::set<std::uint32_t> candidates = operands_of(last);
    while (!candidates.empty()) {
      const std::uint32_t index = *candidates.rbegin();
      candidates.erase(index);
      if (!belongs(index, group)) continue;
      std::set<std::uint32_t> members = group.members;
      members.insert(index);
      Group larger = with_operands(std::move(members));
      if (larger.members.size() > limits_.max_instructions ||
          larger.operands.size() > limits_.max_operands ||
          (growth == Growth::careful && !may_lie_on_operands(larger)))
        continue;
      group = std::move(larger);
      candidates.merge(operands_of(index));
    }
    return group;
  }

  std::set<std::uint32_t> operands_of(std::uint32_t index) const {
    std::set<std::uint32_t> operands;
    for (const Value input : graph_.node(index).inputs) operands.insert(input.index());
    return operands;
  }

  /// Elementwise (hence of the group's shape) and used inside the group only.
  bool belongs(std::uint32_t index, const Group& group) const {
    return can_fuse(graph_.node(index)) &&
           std::ranges::all_of(users_[index],
                               [&](std::uint32_t user) { return group.members.contains(user); });
  }

  Group with_operands(std::set<std::uint32_t> members) const {
    Group group{std::move(members), {}};
    for (const std::uint32_t index : group.members)
      for (const Value input : graph_.node(index).inputs) {
        if (group.members.contains(input.index())) continue;
        const Value read = read_for(input);
        if (std::ranges::find(group.operands, read) == group.operands.end())
          group.operands.push_back(read);
      }
    return group;
  }

  const TensorType& result_type(const Group& group) const {
    return graph_.node(*group.members.rbegin()).type;
  }

  /// Alone, a primitive gains only from not writing out a broadcast.
  bool is_worth_it(const Group& group) const {
    if (group.members.size() > 1) return true;
    const std::vector<Value>& inputs = graph_.node(*group.members.begin()).inputs;
    return std::ranges::any_of(inputs, [](Value input) { return !(read_for(input) == input); });
  }

  /// The kernel may put the result in the place of any operand of its byte size; that is right
  /// only for operands of its very type.
  bool may_lie_on_operands(const Group& group) const {
    const TensorType& result = result_type(group);
    return std::ranges::all_of(group.operands, [&](Value operand) {
      return operand.type() == result || operand.type().bytes() != result.bytes();
    });
  }

  const Graph& graph_;
  FuseLimits limits_;
  std::vector<std::vector<std::uint32_t>> users_;  // by index
  std::vector<bool> taken_;
  std::unordered_map<const Node*, Group> groups_;  // by last node
};

FusedPointwise fused(const Graph& graph, const Group& group) {
  FusedPointwise result{{}, graph.node(*group.members.rbegin()).type.shape};
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
    result.body.push_back({node.op, std::move(operands)});
    number_of.emplace(index, static_cast<std::uint32_t>(number_of.size()));
  }
  return result;
}

}  // namespace

Function fuse(const Function& source, FuseLimits limits) {
  const Grouping grouping(source, limits);
  Mapping images(source.graph->size());
  return rebuilt(source, [&](Graph& graph, const Node& node, std::vector<Value> operands) {
    for (std::size_t k = 0; k < operands.size(); ++k) images[node.inputs[k]] = operands[k];
    const Group* group = grouping.ending_in(node);
    if (!group) return graph.add(node.op, std::move(operands));
    std::vector<Value> read;
    for (const Value operand : group->operands) read.push_back(images[operand]);
    return graph.add(fused(*source.graph, *group), std::move(read));
  });
}

}  // namespace palimpsest::passes
