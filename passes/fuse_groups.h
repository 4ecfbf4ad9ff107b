#pragma once
// Which nodes become one: the decisions of the pass `fuse`.

#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "graph/function.h"
#include "passes/fuse.h"
#include "passes/users.h"

namespace palimpsest::passes {

/// Nodes that become one, by index. Only the values of its ends leave the group; what others
/// read of its other members they compute again.
struct Group {
  enum class Form {
    chain,       ///< elementwise; its last node is the only end
    reductions,  ///< chains that end in reductions along the same axes
    rows         ///< reductions along the same axes, elementwise nodes around them, any ends
  };

  std::set<std::uint32_t> members;
  std::vector<std::uint32_t> ends;  ///< members; rising
  std::vector<Value> operands;      ///< what is read from outside, distinct, in order of first use
  Form form = Form::chain;
  std::set<std::uint32_t> inside{};  ///< of rows: members that nobody else reads
};

class Grouping {
 public:
  Grouping(const Function& source, FuseLimits limits);

  /// The group that the node is an end of, or null.
  const Group* ending_in(std::uint32_t node) const {
    const auto it = groups_.find(node);
    return it == groups_.end() ? nullptr : it->second.get();
  }

 private:
  /// Growing freely may pass through states that the result could not be computed in place in,
  /// on to one where it can; growing carefully never does.
  enum class Growth { free, careful };
  using Reductions = std::map<std::string, std::vector<std::uint32_t>>;

  void form_rows(std::uint32_t reduction);
  void form_chain(std::uint32_t last);
  void form_reduction(std::uint32_t last, const std::vector<std::uint32_t>& alike);
  void keep(Group group);

  Group grown(std::vector<std::uint32_t> ends, Growth growth) const;
  std::set<std::uint32_t> operands_of(std::uint32_t index) const;
  bool is_free(const Node& node) const;
  bool is_worth_repeating(std::uint32_t index, const Group& group, const Group& larger) const;
  bool belongs(std::uint32_t index, const Group& group) const;
  bool used_inside_only(std::uint32_t index, const Group& group) const;
  bool is_worth_it(const Group& group) const;
  bool may_lie_on_operands(const Group& group) const;
  bool within_limits(const Group& group) const;
  std::size_t bytes_read(const Group& group) const;
  bool depends_on_itself(const Group& group) const;
  std::uint32_t lowest_relevant(const Group& group) const;

  Graph& graph_;
  FuseLimits limits_;
  Users users_;              // an output's is in no group
  std::vector<bool> taken_;  // by index: computed in a group only
  std::unordered_map<std::uint32_t, std::shared_ptr<const Group>> groups_;  // by end
  /// Of groups with several ends.
  struct Span {
    std::uint32_t first_end, last_operand;
  };
  std::vector<Span> spans_;
};

/// Quotients of integers check their data before they compute, so they stay alone.
bool can_fuse(const Node& node);
/// True for primitives that compute a value about as fast as it is read from a cache.
bool is_cheap(const Op& op);
/// A group with the operands that these members read.
Group with_operands(const Graph& graph, std::set<std::uint32_t> members,
                    std::vector<std::uint32_t> ends);
/// What a fused node reads for an operand: the source of a broadcast rather than the broadcast.
Value read_for(Value operand);
bool is_reduction(const Op& op);

}  // namespace palimpsest::passes
