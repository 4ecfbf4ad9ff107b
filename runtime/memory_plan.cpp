#include "runtime/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "runtime/buffer.h"

namespace palimpsest::runtime {
namespace {

constexpr std::size_t max_arena = std::size_t{1} << 62;

std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

bool overlap(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

/// The largest first; of equal ones the longer lived, then the earlier.
std::vector<std::size_t> by_size(std::span<const Lifetime> lifetimes) {
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const Lifetime &x = lifetimes[a], &y = lifetimes[b];
    if (x.bytes != y.bytes) return x.bytes > y.bytes;
    return x.last - x.first > y.last - y.first;
  });
  return order;
}

/// The lowest offset of the tightest gap among `placed` (sorted by offset) that lives at the
/// same time; behind all of them when no gap is large enough.
std::size_t best_fit(const Lifetime& wanted, std::span<const Lifetime> lifetimes,
                     std::span<const std::size_t> offsets, std::span<const std::size_t> placed) {
  const std::size_t need = aligned(wanted.bytes);
  std::size_t best = max_arena, tightest = max_arena, free_from = 0;
  for (const std::size_t other : placed) {
    if (!overlap(wanted, lifetimes[other])) continue;
    if (offsets[other] > free_from) {
      const std::size_t gap = offsets[other] - free_from;
      if (gap >= need && gap < tightest) {
        tightest = gap;
        best = free_from;
      }
    }
    free_from = std::max(free_from, offsets[other] + aligned(lifetimes[other].bytes));
  }
  return best < max_arena ? best : free_from;
}

/// The arena's slots while they are found: tensors that share memory by working in place
/// share one slot.
struct Slots {
  std::vector<Lifetime> lifetimes;
  std::vector<std::size_t> of_launch;  // by position in the order
};

constexpr std::size_t not_launched = ~std::size_t{0};

/// By position in the order: that of the last launch that reads the result.
std::vector<std::size_t> last_reads(const Dataflow& flow, const Order& order) {
  std::vector<std::size_t> last(order.size()), latest(flow.graph.size(), not_launched);
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (const std::uint32_t home : flow.operand_homes(order[at]))
      if (latest[home] != not_launched) last[latest[home]] = at;
    last[at] = at;
    latest[order[at]] = at;
  }
  for (const OutputCopy& copy : flow.copies)
    if (flow.is_copied(copy.home)) last[latest[copy.home]] = order.size();
  return last;
}

/// True when the node reads the home's memory only as values that fill it.
bool reads_whole(const Dataflow& flow, std::uint32_t node, std::uint32_t home) {
  return std::ranges::all_of(flow.graph.node(node).inputs, [&](Value input) {
    return flow.home_of[input.index()] != home || flow.is_whole(input);
  });
}

/// The launch whose result's memory this one may take over, or none. `latest` is by node: the
/// position of its latest launch.
std::size_t overwritten(const Dataflow& flow, std::uint32_t node, std::size_t at,
                        const std::vector<std::size_t>& last,
                        const std::vector<std::size_t>& latest) {
  if (!flow.inplace[node]) return not_launched;
  const std::size_t bytes = flow.arena_bytes(node);
  for (const std::uint32_t home : flow.operand_homes(node))
    if (flow.homes[home].residence == Residence::arena && last[latest[home]] == at &&
        flow.arena_bytes(home) == bytes && reads_whole(flow, node, home))
      return latest[home];
  return not_launched;
}

Slots slots_of(const Dataflow& flow, const Order& order) {
  const std::vector<std::size_t> last = last_reads(flow, order);
  std::vector<std::size_t> latest(flow.graph.size(), not_launched);
  Slots slots{{}, std::vector<std::size_t>(order.size(), 0)};
  for (std::size_t at = 0; at < order.size(); ++at) {
    const std::uint32_t node = order[at];
    if (flow.homes[node].residence != Residence::arena) continue;
    const std::size_t donor = overwritten(flow, node, at, last, latest);
    latest[node] = at;
    if (donor != not_launched) {
      slots.of_launch[at] = slots.of_launch[donor];
      slots.lifetimes[slots.of_launch[at]].last = last[at];
    } else {
      slots.of_launch[at] = slots.lifetimes.size();
      slots.lifetimes.push_back({flow.arena_bytes(node), at, last[at]});
    }
  }
  return slots;
}

}  // namespace

Packing pack(std::span<const Lifetime> lifetimes) {
  Packing packing{std::vector<std::size_t>(lifetimes.size(), 0), 0};
  std::vector<std::size_t> placed;  // sorted by offset
  for (const std::size_t index : by_size(lifetimes)) {
    const Lifetime& wanted = lifetimes[index];
    if (wanted.bytes == 0) continue;
    const std::size_t offset = best_fit(wanted, lifetimes, packing.offsets, placed);
    if (wanted.bytes > max_arena - std::min(offset, max_arena))
      throw ResourceError("memory plan: more than 2^62 bytes of intermediates");
    packing.offsets[index] = offset;
    packing.bytes = std::max(packing.bytes, offset + aligned(wanted.bytes));
    const auto behind = std::upper_bound(
        placed.begin(), placed.end(), offset,
        [&](std::size_t value, std::size_t other) { return value < packing.offsets[other]; });
    placed.insert(behind, index);
  }
  return packing;
}

MemoryPlan plan(const Dataflow& flow, Order order, std::span<const std::size_t> workspace_bytes) {
  Slots slots = slots_of(flow, order);
  const std::size_t first_workspace = slots.lifetimes.size();
  for (std::size_t at = 0; at < order.size(); ++at)
    slots.lifetimes.push_back({workspace_bytes[order[at]], at, at});

  const Packing packing = pack(slots.lifetimes);
  MemoryPlan plan;
  plan.offsets.assign(order.size(), 0);
  for (std::size_t at = 0; at < order.size(); ++at)
    if (flow.homes[order[at]].residence == Residence::arena)
      plan.offsets[at] = packing.offsets[slots.of_launch[at]];
  plan.workspaces.assign(packing.offsets.begin() + static_cast<std::ptrdiff_t>(first_workspace),
                         packing.offsets.end());
  plan.arena = packing.bytes;
  plan.order = std::move(order);
  return plan;
}

}  // namespace palimpsest::runtime
