#include "runtime/recompute.h"

#include <algorithm>
#include <optional>

namespace palimpsest::runtime {
namespace {

constexpr std::size_t nowhere = ~std::size_t{0};
/// Bounds of one repetition: launches, and products among them.
constexpr std::size_t most_launches = 8, most_products = 1;
/// How many candidates are weighed exactly in each round.
constexpr std::size_t most_trials = 12;
/// A product takes about as long as elementwise work on this many times the bytes.
constexpr double product_weight = 16;

/// Where results of an order live, by position of the launch that makes them. What shares
/// memory by working in place counts twice where it does.
class Timeline {
 public:
  Timeline(const Dataflow& flow, const Order& order, std::span<const std::size_t> workspaces)
      : bytes_(order.size()), uses_(order.size()), live_(order.size() + 1, 0) {
    std::vector<std::size_t> latest(flow.graph.size(), nowhere);
    for (std::size_t at = 0; at < order.size(); ++at) {
      for (const std::uint32_t home : flow.operand_homes(order[at]))
        if (latest[home] != nowhere) uses_[latest[home]].push_back(at);
      bytes_[at] = flow.arena_bytes(order[at]);
      uses_[at].push_back(at);
      latest[order[at]] = at;
    }
    for (std::size_t at = 0; at < order.size(); ++at)
      if (latest[order[at]] == at && flow.is_copied(order[at]))
        uses_[at].push_back(order.size() - 1);
    std::vector<std::int64_t> change(order.size() + 1, 0);
    for (std::size_t at = 0; at < order.size(); ++at) {
      change[at] += static_cast<std::int64_t>(bytes_[at]);
      change[uses_[at].back() + 1] -= static_cast<std::int64_t>(bytes_[at]);
    }
    std::int64_t sum = 0;
    for (std::size_t at = 0; at < order.size(); ++at) {
      sum += change[at];
      live_[at] = static_cast<std::size_t>(sum) + workspaces[order[at]];
    }
  }

  std::size_t bytes(std::size_t launch) const { return bytes_[launch]; }
  /// Its own position and those of its readers, rising; the last one too where it is copied then.
  const std::vector<std::size_t>& uses(std::size_t launch) const { return uses_[launch]; }
  std::size_t peak() const {
    return static_cast<std::size_t>(std::ranges::max_element(live_) - live_.begin());
  }
  /// Bytes above the limit, summed over all launches: what repetitions lower.
  double excess(std::size_t limit) const {
    double sum = 0;
    for (const std::size_t bytes : live_) sum += bytes > limit ? double(bytes - limit) : 0;
    return sum;
  }

 private:
  std::vector<std::size_t> bytes_;
  std::vector<std::vector<std::size_t>> uses_;
  std::vector<std::size_t> live_;
};

/// Nodes to launch again, in order, before a position.
struct Repetition {
  Order nodes;
  std::size_t before = 0, products = 0;
  double gain = 0;  ///< bytes times launches that they are not kept for
};

class Repeater {
 public:
  Repeater(const Dataflow& flow, const Order& order, std::span<const std::size_t> workspaces)
      : flow_(flow), order_(order), timeline_(flow, order, workspaces), peak_(timeline_.peak()) {}

  const Timeline& timeline() const { return timeline_; }

  /// What would lower the peak, the most promising first.
  std::vector<Repetition> candidates(std::size_t products) const {
    std::vector<Repetition> found;
    for (std::size_t at = 0; at < peak_; ++at)
      if (auto repetition = repetition_of(at); repetition && repetition->products == products)
        found.push_back(*std::move(repetition));
    std::ranges::stable_sort(found, std::ranges::greater{}, &Repetition::gain);
    return found;
  }

  Order with(const Repetition& repetition) const {
    Order longer = order_;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(repetition.before),
                  repetition.nodes.begin(), repetition.nodes.end());
    return longer;
  }

 private:
  /// For a result that lives through the peak without being used there.
  std::optional<Repetition> repetition_of(std::size_t at) const {
    const std::vector<std::size_t>& uses = timeline_.uses(at);
    const auto next = std::ranges::lower_bound(uses, peak_);
    if (timeline_.bytes(at) == 0 || next == uses.begin() || next == uses.end() || *next == peak_)
      return {};
    Repetition repetition;
    repetition.before = *next;
    if (!add(order_[at], repetition)) return {};
    repetition.gain = static_cast<double>(timeline_.bytes(at)) *
                      static_cast<double>(*next - *std::prev(next)) / cost(repetition);
    return repetition;
  }

  /// Adds a node behind those of its operands that are gone at that place; false beyond bounds.
  bool add(std::uint32_t node, Repetition& repetition) const {
    for (const std::uint32_t home : flow_.operand_homes(node)) {
      if (flow_.homes[home].residence != Residence::arena || stays(home, repetition.before) ||
          std::ranges::find(repetition.nodes, home) != repetition.nodes.end())
        continue;
      if (!add(home, repetition)) return false;
    }
    repetition.nodes.push_back(node);
    repetition.products += is_product(flow_, node) ? 1 : 0;
    return repetition.nodes.size() <= most_launches && repetition.products <= most_products;
  }

  /// Lives at the place, or behind the peak, so that keeping it until there costs nothing at it.
  bool stays(std::uint32_t home, std::size_t before) const {
    for (std::size_t at = before; at-- > 0;)
      if (order_[at] == home) return timeline_.uses(at).back() >= std::min(before, peak_ + 1);
    return false;
  }

  double cost(const Repetition& repetition) const {
    double bytes = 0;
    for (const std::uint32_t node : repetition.nodes) {
      double touched = static_cast<double>(flow_.graph.node(node).type.bytes());
      for (const Value input : flow_.graph.node(node).inputs)
        touched += static_cast<double>(input.type().bytes());
      bytes += touched * (is_product(flow_, node) ? product_weight : 1);
    }
    return bytes;
  }

  const Dataflow& flow_;
  const Order& order_;
  Timeline timeline_;
  std::size_t peak_;
};

/// The order with the repetition that lowers the excess most for its cost; none when none does.
std::optional<Order> improved(const Dataflow& flow, const Order& order,
                              std::span<const std::size_t> workspaces, std::size_t limit) {
  const Repeater repeater(flow, order, workspaces);
  const double excess = repeater.timeline().excess(limit);
  for (std::size_t products = 0; products <= most_products; ++products) {
    std::vector<Repetition> candidates = repeater.candidates(products);
    if (candidates.size() > most_trials) candidates.resize(most_trials);
    for (const Repetition& candidate : candidates) {
      Order longer = repeater.with(candidate);
      if (Timeline(flow, longer, workspaces).excess(limit) < excess) return longer;
    }
  }
  return {};
}

}  // namespace

bool is_product(const Dataflow& flow, std::uint32_t node) {
  return flow.graph.node(node).op.derivative() == Derivative::multilinear;
}

MemoryPlan recomputing_plan(const Dataflow& flow, MemoryPlan best,
                            std::span<const std::size_t> workspace_bytes, std::size_t arena) {
  Order order = best.order;
  // What lives may fit where its packing does not: then room is left for gaps.
  for (std::size_t limit = arena; best.arena > arena && 2 * limit > arena; limit -= arena / 16) {
    while (auto longer = improved(flow, order, workspace_bytes, limit)) order = *std::move(longer);
    MemoryPlan next = plan(flow, order, workspace_bytes);
    if (next.arena < best.arena) best = std::move(next);
    if (arena < 16) break;
  }
  return best;
}

}  // namespace palimpsest::runtime
