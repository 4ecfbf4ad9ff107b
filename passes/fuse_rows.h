#pragma once
// Which nodes go row by row together: reductions along the same axes and the elementwise nodes
// around them.

#include <functional>

#include "passes/fuse_groups.h"

namespace palimpsest::passes {

class RowGrowth {
 public:
  using Check = std::function<bool(const Group&)>;

  /// `taken` nodes belong to no further group; `depends_on_itself` refuses groups.
  RowGrowth(Graph& graph, const Users& users, const std::vector<bool>& taken, FuseLimits limits,
            Check depends_on_itself);

  /// The group around a reduction; without members where fusing it saves no pass over its rows.
  Group around(std::uint32_t reduction) const;

 private:
  /// Of one group: full values have the shape that is reduced, kept ones that of the results.
  struct Rows {
    Shape full, kept;
    std::vector<int> axes;
  };

  bool is_full(const Rows& rows, std::uint32_t index) const;
  bool fits(const Rows& rows, std::uint32_t index) const;
  std::set<std::uint32_t> neighbours(std::uint32_t index) const;
  std::vector<std::uint32_t> readers(std::uint32_t index) const;
  bool reads_inside(const Group& group, std::uint32_t index) const;
  bool all_readers_fuse(std::uint32_t index) const;

  /// Members that are `repeated` are no ends; what others compute them of again is one.
  Group made_of(std::set<std::uint32_t> members,
                const std::set<std::uint32_t>& repeated = {}) const;
  bool is_allowed(const Group& group) const;
  Group grown(const Rows& rows, std::uint32_t reduction) const;
  /// Without ends that are cheaper to compute where they are read.
  Group trimmed(const Rows& rows, Group group) const;
  /// Without ends that their readers had better compute again.
  Group thinned(const Rows& rows, Group group) const;
  std::set<std::uint32_t> repeated_with(const Rows& rows, const Group& group,
                                        std::uint32_t end) const;
  bool is_worth_it(const Rows& rows, const Group& group) const;
  std::size_t traffic(const Rows& rows, const Group& group) const;

  Graph& graph_;
  const Users& users_;
  const std::vector<bool>& taken_;
  FuseLimits limits_;
  Check depends_on_itself_;
};

}  // namespace palimpsest::passes
