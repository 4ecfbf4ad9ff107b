#include "runtime/schedule.h"

#include <algorithm>
#include <array>
#include <functional>

namespace palimpsest::runtime {
namespace {

/// How many of the ready launches a choice looks at: bounds its time on very wide graphs.
constexpr std::size_t lookahead = 256;

/// Which of the launches whose operands are ready comes next.
enum class Choice : std::uint8_t {
  /// After which the fewest bytes are live; of equal ones the most recently readied, which follows
  /// one branch to its end.
  least_growth,
  /// After which fewer bytes are live than before, the fewest first; without such, as written.
  releases_first
};

/// The state of list scheduling.
class ListScheduler {
 public:
  ListScheduler(const Dataflow& flow, Choice choice)
      : flow_(flow),
        choice_(choice),
        reads_left_(flow.graph.size(), 0),
        operands_missing_(flow.graph.size(), 0),
        readers_(flow.graph.size()) {
    std::vector<bool> launched(flow.graph.size(), false);
    for (const std::uint32_t node : flow.steps) launched[node] = true;
    for (const std::uint32_t node : flow.steps)
      for (const std::uint32_t home : flow.operand_homes(node)) {
        ++reads_left_[home];
        if (!launched[home]) continue;
        ++operands_missing_[node];
        readers_[home].push_back(node);
      }
    for (const OutputCopy& copy : flow.copies) ++reads_left_[copy.home];
    for (const std::uint32_t node : flow.steps)
      if (operands_missing_[node] == 0) add_ready(node);
  }

  Order run() {
    Order order;
    order.reserve(flow_.steps.size());
    while (!ready_.empty()) order.push_back(launch_best());
    return order;
  }

 private:
  /// Bytes live after the launch, less those live before it.
  std::int64_t growth(std::uint32_t node) const {
    auto bytes = static_cast<std::int64_t>(flow_.arena_bytes(node));
    for (const std::uint32_t home : flow_.operand_homes(node))
      if (reads_left_[home] == 1) bytes -= static_cast<std::int64_t>(flow_.arena_bytes(home));
    return bytes;
  }

  /// Ready launches lie in the order of their being ready, or as they were written; what is
  /// wanted sooner comes last.
  void add_ready(std::uint32_t node) {
    auto at = ready_.end();
    if (choice_ == Choice::releases_first)
      at = std::lower_bound(ready_.begin(), ready_.end(), node, std::greater<>());
    ready_.insert(at, node);
  }

  std::int64_t cost(std::uint32_t node) const {
    const std::int64_t bytes = growth(node);
    return choice_ == Choice::least_growth ? bytes : std::min<std::int64_t>(bytes, 0);
  }

  std::uint32_t launch_best() {
    const std::size_t begin = ready_.size() > lookahead ? ready_.size() - lookahead : 0;
    std::size_t best = begin;
    std::int64_t least = cost(ready_[begin]);
    for (std::size_t i = begin + 1; i < ready_.size(); ++i)
      if (const std::int64_t bytes = cost(ready_[i]); bytes <= least) {
        least = bytes;
        best = i;
      }
    const std::uint32_t node = ready_[best];
    ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(best));
    for (const std::uint32_t home : flow_.operand_homes(node)) --reads_left_[home];
    for (const std::uint32_t reader : readers_[node])
      if (--operands_missing_[reader] == 0) add_ready(reader);
    return node;
  }

  const Dataflow& flow_;
  const Choice choice_;
  std::vector<std::uint32_t> reads_left_, operands_missing_;  // by node
  std::vector<std::vector<std::uint32_t>> readers_;           // by node
  Order ready_;
};

}  // namespace

Order index_order(const Dataflow& flow) { return flow.steps; }

Order depth_first_order(const Dataflow& flow) {
  enum class Mark : std::uint8_t { source, waiting, entered, done };
  std::vector<Mark> marks(flow.graph.size(), Mark::source);
  for (const std::uint32_t node : flow.steps) marks[node] = Mark::waiting;
  Order order, stack;
  // Launches that nothing reads are the roots; the rest is reached from them.
  for (const std::uint32_t root : flow.steps) {
    if (flow.homes[root].residence != Residence::output && !flow.is_copied(root)) continue;
    stack.push_back(root);
    while (!stack.empty()) {
      const std::uint32_t node = stack.back();
      if (marks[node] != Mark::waiting) {
        stack.pop_back();
        if (marks[node] == Mark::entered) order.push_back(node);
        marks[node] = marks[node] == Mark::entered ? Mark::done : marks[node];
        continue;
      }
      marks[node] = Mark::entered;
      for (const std::uint32_t home : flow.operand_homes(node))
        if (marks[home] == Mark::waiting) stack.push_back(home);
    }
  }
  return order;
}

Order greedy_order(const Dataflow& flow) { return ListScheduler(flow, Choice::least_growth).run(); }

Order releasing_order(const Dataflow& flow) {
  return ListScheduler(flow, Choice::releases_first).run();
}

MemoryPlan best_plan(const Dataflow& flow, std::span<const std::size_t> workspace_bytes) {
  MemoryPlan best = plan(flow, index_order(flow), workspace_bytes);
  for (const auto& candidate :
       std::array{releasing_order(flow), greedy_order(flow), depth_first_order(flow)})
    if (MemoryPlan other = plan(flow, candidate, workspace_bytes); other.arena < best.arena)
      best = std::move(other);
  return best;
}

}  // namespace palimpsest::runtime
