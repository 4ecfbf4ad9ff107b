#include "passes/fuse_groups.h"

#include <algorithm>

#include "ops/fused/elementwise.h"
#include "ops/fused/fused.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"
#include "passes/fuse_rows.h"

namespace palimpsest::passes {
namespace {

bool is_number(Value value) { return read_for(value).shape().elements() == 1; }

/// What a widening cast or a comparison with a number reads; null for any other node.
Value source_of_cheap(const Node& node) {
  if (node.op.as<Cast>())
    return size_of(node.type.dtype) > size_of(node.inputs[0].dtype()) ? node.inputs[0] : Value{};
  if (!node.op.as<Less>() && !node.op.as<LessEqual>()) return {};
  if (is_number(node.inputs[0])) return node.inputs[1];
  return is_number(node.inputs[1]) ? node.inputs[0] : Value{};
}

/// Reductions of one key may become one node.
std::string key_of(const Node& node) {
  const Op sum = ReduceSum{*reduced_axes(node.op)};
  return text(node.inputs[0].type(), sum.attributes());
}

}  // namespace

bool can_fuse(const Node& node) {
  const bool quotient = node.op.as<Div>() || node.op.as<Fmod>();
  return is_elementwise(node.op) && !node.op.as<Detach>() &&
         !(quotient && node.type.dtype == DType::i64);
}

bool is_cheap(const Op& op) {
  return op.as<Neg>() || op.as<Abs>() || op.as<Relu>() || op.as<Add>() || op.as<Sub>() ||
         op.as<Mul>() || op.as<Div>() || op.as<Reciprocal>() || op.as<Maximum>() ||
         op.as<Minimum>() || op.as<Less>() || op.as<LessEqual>() || op.as<Equal>() ||
         op.as<And>() || op.as<Or>() || op.as<Not>() || op.as<Select>();
}

Value read_for(Value operand) {
  return operand.node().op.as<Broadcast>() ? operand.node().inputs[0] : operand;
}

Group with_operands(const Graph& graph, std::set<std::uint32_t> members,
                    std::vector<std::uint32_t> ends) {
  Group group{std::move(members), std::move(ends), {}};
  for (const std::uint32_t index : group.members)
    for (const Value input : graph.node(index).inputs) {
      const Value read = read_for(input);
      if (group.members.contains(input.index()) || group.members.contains(read.index())) continue;
      if (std::ranges::find(group.operands, read) == group.operands.end())
        group.operands.push_back(read);
    }
  return group;
}

bool is_reduction(const Op& op) { return reduced_axes(op) != nullptr; }

Grouping::Grouping(const Function& source, FuseLimits limits)
    : graph_(*source.graph), limits_(limits), users_(users_of(source)), taken_(graph_.size()) {
  const std::vector<bool> marked = reachable(source);
  Reductions reductions;
  for (std::uint32_t index = 0; index < graph_.size(); ++index) {
    if (!marked[index]) continue;
    const Node& node = graph_.node(index);
    if (is_reduction(node.op)) reductions[key_of(node)].push_back(index);
  }
  for (std::uint32_t index = 0; index < graph_.size(); ++index)
    if (marked[index] && !taken_[index] && is_reduction(graph_.node(index).op)) form_rows(index);
  for (std::uint32_t index = graph_.size(); index-- > 0;) {
    if (!marked[index] || taken_[index]) continue;
    const Node& node = graph_.node(index);
    if (is_reduction(node.op))
      form_reduction(index, reductions.at(key_of(node)));
    else if (can_fuse(node))
      form_chain(index);
  }
}

void Grouping::form_chain(std::uint32_t last) {
  Group group = grown({last}, Growth::free);
  if (!may_lie_on_operands(group)) group = grown({last}, Growth::careful);
  if (is_worth_it(group) && may_lie_on_operands(group)) keep(std::move(group));
}

/// Takes in, of the reductions `alike`, those that save reading an operand once more.
void Grouping::form_reduction(std::uint32_t last, const std::vector<std::uint32_t>& alike) {
  Group group = grown({last}, Growth::free);
  for (const std::uint32_t other : alike) {
    if (other >= last || taken_[other] || group.ends.size() == FusedReduction::max_results ||
        graph_.node(other).type.shape.rank() == Shape::max_rank)
      continue;
    std::vector<std::uint32_t> ends = group.ends;
    ends.insert(std::ranges::upper_bound(ends, other), other);
    Group both = grown(std::move(ends), Growth::free);
    const std::size_t apart = bytes_read(group) + bytes_read(grown({other}, Growth::free));
    if (within_limits(both) && bytes_read(both) < apart && !depends_on_itself(both))
      group = std::move(both);
  }
  group.form = Group::Form::reductions;
  if (is_worth_it(group)) keep(std::move(group));
}

void Grouping::form_rows(std::uint32_t reduction) {
  const RowGrowth growth(graph_, users_, taken_, limits_,
                         [this](const Group& group) { return depends_on_itself(group); });
  Group group = growth.around(reduction);
  if (!group.members.empty()) keep(std::move(group));
}

void Grouping::keep(Group group) {
  const auto kept = std::make_shared<const Group>(std::move(group));
  for (const std::uint32_t end : kept->ends) groups_.emplace(end, kept);
  if (kept->ends.size() > 1) {
    std::uint32_t last = 0;
    for (const Value operand : kept->operands) last = std::max(last, operand.index());
    spans_.push_back({kept->ends.front(), last});
  }
  for (const std::uint32_t index : kept->members) {
    const bool inside = kept->form == Group::Form::rows ? kept->inside.contains(index)
                                                        : used_inside_only(index, *kept);
    if (inside || groups_.contains(index)) taken_[index] = true;
  }
}

/// Grows backwards from the ends; the highest candidate comes first, so that all its users
/// inside the group are known when it is its turn.
Group Grouping::grown(std::vector<std::uint32_t> ends, Growth growth) const {
  std::set<std::uint32_t> candidates;
  for (const std::uint32_t end : ends) candidates.merge(operands_of(end));
  std::set<std::uint32_t> first(ends.begin(), ends.end());
  Group group = with_operands(graph_, std::move(first), std::move(ends));
  while (!candidates.empty()) {
    const std::uint32_t index = *candidates.rbegin();
    candidates.erase(index);
    if (!can_fuse(graph_.node(index))) continue;
    std::set<std::uint32_t> members = group.members;
    members.insert(index);
    Group larger = with_operands(graph_, std::move(members), group.ends);
    const bool repeats = is_worth_repeating(index, group, larger);
    if (!(belongs(index, group) || repeats) || !within_limits(larger) ||
        (growth == Growth::careful && !may_lie_on_operands(larger)))
      continue;
    group = std::move(larger);
    // What only a widened or compared value depends on is not computed more than once.
    if (repeats || used_inside_only(index, group)) candidates.merge(operands_of(index));
  }
  return group;
}

/// Cheap values that several groups read need not be written out, where each of these reads no
/// more for computing them itself: what they are made of is kept anyway, or as cheap.
bool Grouping::is_worth_repeating(std::uint32_t index, const Group& group,
                                  const Group& larger) const {
  const auto fuses = [&](std::uint32_t user) {
    return user < graph_.size() &&
           (can_fuse(graph_.node(user)) || is_reduction(graph_.node(user).op));
  };
  const auto kept_or_cheap = [&](Value input) {
    const Node& source = read_for(input).node();
    return !can_fuse(source) || is_cheap(source.op) || users_[read_for(input).index()].size() > 1;
  };
  const Node& node = graph_.node(index);
  return !taken_[index] && is_cheap(node.op) && std::ranges::all_of(users_[index], fuses) &&
         std::ranges::all_of(node.inputs, kept_or_cheap) && bytes_read(larger) <= bytes_read(group);
}

std::set<std::uint32_t> Grouping::operands_of(std::uint32_t index) const {
  std::set<std::uint32_t> operands;
  for (const Value input : graph_.node(index).inputs) operands.insert(input.index());
  return operands;
}

bool Grouping::used_inside_only(std::uint32_t index, const Group& group) const {
  return std::ranges::all_of(users_[index],
                             [&](std::uint32_t user) { return group.members.contains(user); });
}

/// A cast to a wider type costs less in every group that reads it than writing it out once; what
/// it reads must be written out in any case. A comparison with a number spares keeping a mask
/// where what it reads is kept anyway, as the operand of a product.
bool Grouping::is_free(const Node& node) const {
  const Value source = source_of_cheap(node);
  if (!source) return false;
  const std::vector<std::uint32_t>& users = users_[source.index()];
  if (node.op.as<Cast>()) return !can_fuse(source.node()) || users.size() > 1;
  return std::ranges::any_of(users, [&](std::uint32_t user) {
    return user < graph_.size() && graph_.node(user).op.derivative() == Derivative::multilinear;
  });
}

/// Elementwise (hence of the group's shape) and used inside the group only, or free.
bool Grouping::belongs(std::uint32_t index, const Group& group) const {
  const Node& node = graph_.node(index);
  return can_fuse(node) && (used_inside_only(index, group) || is_free(node));
}

bool Grouping::within_limits(const Group& group) const {
  return group.members.size() <= limits_.max_instructions &&
         group.operands.size() <= limits_.max_operands;
}

/// Alone, a primitive gains only from not writing out a broadcast.
bool Grouping::is_worth_it(const Group& group) const {
  if (group.members.size() > 1) return true;
  const std::vector<Value>& inputs = graph_.node(*group.members.begin()).inputs;
  return std::ranges::any_of(inputs, [](Value input) { return !(read_for(input) == input); });
}

/// The kernel of a chain may put the result in the place of any operand of its byte size; that
/// is right only for operands of its very type.
bool Grouping::may_lie_on_operands(const Group& group) const {
  const TensorType& result = graph_.node(group.ends.back()).type;
  return std::ranges::all_of(group.operands, [&](Value operand) {
    return operand.type() == result || operand.type().bytes() != result.bytes();
  });
}

/// Of operands that are read whole.
std::size_t Grouping::bytes_read(const Group& group) const {
  const Node& end = graph_.node(group.ends.back());
  const Shape& shape = is_reduction(end.op) ? end.inputs[0].shape() : end.type.shape;
  std::size_t bytes = 0;
  for (const Value operand : group.operands)
    if (operand.shape() == shape) bytes += operand.type().bytes();
  return bytes;
}

/// Nodes below depend on no end of the group: operands come before their users, but for groups
/// that an early end makes wait for late operands.
std::uint32_t Grouping::lowest_relevant(const Group& group) const {
  std::uint32_t lowest = group.ends.front();
  for (bool again = true; again;) {
    again = false;
    for (const Span& span : spans_)
      if (span.first_end < lowest && span.last_operand >= lowest) {
        lowest = span.first_end;
        again = true;
      }
  }
  return lowest;
}

/// True when an operand depends on an end. Groups that are formed already count as one node, so
/// that no two of them wait for each other.
bool Grouping::depends_on_itself(const Group& group) const {
  std::vector<bool> seen(graph_.size(), false);
  const std::uint32_t lowest = lowest_relevant(group);
  std::vector<Value> open = group.operands;
  while (!open.empty()) {
    const std::uint32_t index = open.back().index();
    open.pop_back();
    if (index < lowest || seen[index]) continue;
    seen[index] = true;
    if (std::ranges::binary_search(group.ends, index)) return true;
    const Group* formed = ending_in(index);
    const std::vector<Value>& reads = formed ? formed->operands : graph_.node(index).inputs;
    open.insert(open.end(), reads.begin(), reads.end());
  }
  return false;
}

}  // namespace palimpsest::passes
