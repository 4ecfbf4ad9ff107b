#include "passes/fuse_rows.h"

#include <algorithm>

#include "ops/axes.h"
#include "ops/fused/rows.h"
#include "ops/movement/movement.h"

namespace palimpsest::passes {

RowGrowth::RowGrowth(Graph& graph, const Users& users, const std::vector<bool>& taken,
                     FuseLimits limits, Check depends_on_itself)
    : graph_(graph),
      users_(users),
      taken_(taken),
      limits_(limits),
      depends_on_itself_(std::move(depends_on_itself)) {}

Group RowGrowth::around(std::uint32_t reduction) const {
  const Node& node = graph_.node(reduction);
  const Shape& full = node.inputs[0].shape();
  const Rows rows{full, node.type.shape, *reduced_axes(node.op)};
  if (full.elements() == 0 || FusedRows::row_length(full, rows.axes) == 0 || !fits(rows, reduction))
    return {};
  Group group = thinned(rows, trimmed(rows, grown(rows, reduction)));
  return is_worth_it(rows, group) ? group : Group{};
}

bool RowGrowth::is_full(const Rows& rows, std::uint32_t index) const {
  return graph_.node(index).type.shape == rows.full;
}

/// True for nodes that may be members. One that makes a full value of kept ones only is none: in
/// a group, it would make a kept value.
bool RowGrowth::fits(const Rows& rows, std::uint32_t index) const {
  const Node& node = graph_.node(index);
  if (taken_[index] || node.inputs.empty()) return false;
  const auto reads_full = [&](Value input) {
    return input.shape() == rows.full && !repeats_to(read_for(input).shape(), rows.kept);
  };
  if (const std::vector<int>* axes = reduced_axes(node.op))
    return *axes == rows.axes && reads_full(node.inputs[0]);
  if (!can_fuse(node)) return false;
  if (node.type.shape == rows.full) return std::ranges::any_of(node.inputs, reads_full);
  return node.type.shape == rows.kept;
}

/// Who reads the value, itself or broadcast.
std::vector<std::uint32_t> RowGrowth::readers(std::uint32_t index) const {
  std::vector<std::uint32_t> found, open = users_[index];
  while (!open.empty()) {
    const std::uint32_t user = open.back();
    open.pop_back();
    if (user < graph_.size() && graph_.node(user).op.as<Broadcast>())
      open.insert(open.end(), users_[user].begin(), users_[user].end());
    else
      found.push_back(user);
  }
  return found;
}

std::set<std::uint32_t> RowGrowth::neighbours(std::uint32_t index) const {
  std::set<std::uint32_t> found;
  for (const Value input : graph_.node(index).inputs) found.insert(read_for(input).index());
  for (const std::uint32_t reader : readers(index))
    if (reader < graph_.size()) found.insert(reader);
  return found;
}

Group RowGrowth::made_of(std::set<std::uint32_t> members,
                         const std::set<std::uint32_t>& repeated) const {
  std::set<std::uint32_t> ends, inside;
  const auto is_member = [&](std::uint32_t reader) { return members.contains(reader); };
  for (const std::uint32_t index : members) {
    const bool only_inside = std::ranges::all_of(readers(index), is_member);
    if (only_inside) inside.insert(index);
    if (!only_inside && !repeated.contains(index)) ends.insert(index);
  }
  for (const std::uint32_t index : repeated) {
    inside.erase(index);
    for (const Value input : graph_.node(index).inputs)
      if (const std::uint32_t read = read_for(input).index();
          members.contains(read) && !repeated.contains(read))
        ends.insert(read);
  }
  Group group = with_operands(graph_, std::move(members), {ends.begin(), ends.end()});
  group.form = Group::Form::rows;
  group.inside = std::move(inside);
  return group;
}

/// The kernel may put an only result in the place of an operand of its byte size.
bool RowGrowth::is_allowed(const Group& group) const {
  if (group.members.size() > limits_.max_row_instructions ||
      group.operands.size() > limits_.max_operands || group.ends.size() > FusedRows::max_results)
    return false;
  const TensorType& first = graph_.node(group.ends.front()).type;
  std::int64_t packed = 0;
  for (const std::uint32_t end : group.ends) {
    if (graph_.node(end).type.dtype != first.dtype) return false;
    packed += FusedRows::packed_elements(graph_.node(end).type);
  }
  const bool single = group.ends.size() == 1;
  const std::size_t bytes =
      single ? first.bytes() : static_cast<std::size_t>(packed) * size_of(first.dtype);
  return std::ranges::all_of(group.operands,
                             [&](Value operand) {
                               return operand.type().bytes() != bytes ||
                                      (single && operand.type() == first);
                             }) &&
         !depends_on_itself_(group);
}

/// Takes in what borders on the group, again and again: what waits for a value outside of it may
/// no longer do so when more has been taken in.
Group RowGrowth::grown(const Rows& rows, std::uint32_t reduction) const {
  Group group = made_of({reduction});
  for (bool again = true; again;) {
    again = false;
    std::set<std::uint32_t> open, seen;
    for (const std::uint32_t member : group.members) open.merge(neighbours(member));
    while (!open.empty()) {
      const std::uint32_t index = *open.begin();
      open.erase(open.begin());
      if (!seen.insert(index).second || group.members.contains(index) || !fits(rows, index))
        continue;
      std::set<std::uint32_t> members = group.members;
      members.insert(index);
      Group larger = made_of(std::move(members));
      if (!is_allowed(larger)) continue;
      group = std::move(larger);
      open.merge(neighbours(index));
      again = true;
    }
  }
  return group;
}

bool RowGrowth::reads_inside(const Group& group, std::uint32_t index) const {
  return std::ranges::any_of(readers(index),
                             [&](std::uint32_t reader) { return group.members.contains(reader); });
}

bool RowGrowth::all_readers_fuse(std::uint32_t index) const {
  return std::ranges::all_of(readers(index), [&](std::uint32_t reader) {
    if (reader >= graph_.size()) return false;
    const Node& node = graph_.node(reader);
    return can_fuse(node) || is_reduction(node.op);
  });
}

Group RowGrowth::trimmed(const Rows& rows, Group group) const {
  for (bool again = true; again;) {
    again = false;
    const std::vector<std::uint32_t> ends = group.ends;
    for (const std::uint32_t end : ends) {
      if (!is_full(rows, end) || reads_inside(group, end) || !all_readers_fuse(end)) continue;
      std::set<std::uint32_t> members = group.members;
      members.erase(end);
      Group smaller = made_of(std::move(members));
      if (smaller.ends.empty() || traffic(rows, smaller) >= traffic(rows, group) ||
          !is_allowed(smaller))
        continue;
      group = std::move(smaller);
      again = true;
    }
  }
  return group;
}

/// The end, and the cheap members that are written out for nobody, of which it is made.
std::set<std::uint32_t> RowGrowth::repeated_with(const Rows& rows, const Group& group,
                                                 std::uint32_t end) const {
  std::set<std::uint32_t> repeated;
  std::vector<std::uint32_t> open{end};
  while (!open.empty()) {
    const std::uint32_t index = open.back();
    open.pop_back();
    repeated.insert(index);
    for (const Value input : graph_.node(index).inputs) {
      const std::uint32_t read = read_for(input).index();
      if (group.members.contains(read) && is_full(rows, read) && is_cheap(graph_.node(read).op) &&
          !std::ranges::binary_search(group.ends, read))
        open.push_back(read);
    }
  }
  return repeated;
}

Group RowGrowth::thinned(const Rows& rows, Group group) const {
  std::set<std::uint32_t> repeated;
  const std::vector<std::uint32_t> ends = group.ends;
  for (const std::uint32_t end : ends) {
    if (!is_full(rows, end) || !is_cheap(graph_.node(end).op) || !all_readers_fuse(end)) continue;
    std::set<std::uint32_t> more = repeated_with(rows, group, end);
    more.insert(repeated.begin(), repeated.end());
    Group thinner = made_of(group.members, more);
    if (thinner.ends.empty() || traffic(rows, thinner) >= traffic(rows, group) ||
        !is_allowed(thinner))
      continue;
    group = std::move(thinner);
    repeated = std::move(more);
  }
  return group;
}

/// A pass over the rows is saved where a full value is reduced and also read by another
/// instruction or written out, or made of what is reduced.
bool RowGrowth::is_worth_it(const Rows& rows, const Group& group) const {
  const auto full_member = [&](std::uint32_t index) {
    return group.members.contains(index) && is_full(rows, index);
  };
  return std::ranges::any_of(group.members, [&](std::uint32_t index) {
    if (is_full(rows, index)) {
      const bool reduced = std::ranges::any_of(readers(index), [&](std::uint32_t reader) {
        return group.members.contains(reader) && is_reduction(graph_.node(reader).op);
      });
      return reduced && std::ranges::binary_search(group.ends, index);
    }
    return std::ranges::any_of(readers(index), full_member);
  });
}

/// Bytes of full values that are read and written.
std::size_t RowGrowth::traffic(const Rows& rows, const Group& group) const {
  std::size_t bytes = 0;
  for (const Value operand : group.operands)
    if (operand.shape() == rows.full) bytes += operand.type().bytes();
  for (const std::uint32_t end : group.ends)
    if (is_full(rows, end)) bytes += graph_.node(end).type.bytes();
  return bytes;
}

}  // namespace palimpsest::passes
