#pragma once
// Reductions over any set of axes on the CPU: the layout that all of them share, and the walk
// over it. Work is cut into blocks whose size depends on the shape only, so the order of
// operations, and with it every bit, is the same at any number of threads, and whether the
// numbers lie in memory or are computed tile by tile.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ops/reduce/cpu_reducers.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest::cpu {

/// Offsets of the elements of some axes, counted row-major.
struct Walk {
  struct Axis {
    std::int64_t extent, stride;
  };
  std::vector<Axis> axes;
  std::int64_t count = 1;

  void append(Axis axis) {
    axes.push_back(axis);
    count *= axis.extent;
  }
  std::int64_t offset(std::int64_t index) const {
    if (axes.size() == 1) return index * axes[0].stride;  // the common case, without divisions
    std::int64_t offset = 0;
    for (std::size_t i = axes.size(); i-- > 0;) {
      offset += index % axes[i].extent * axes[i].stride;
      index /= axes[i].extent;
    }
    return offset;
  }
};

/// x as kept and reduced axes around one innermost, contiguous run.
struct ReductionLayout {
  /// `axes` in normal form, as ReduceSum stores them.
  ReductionLayout(const Shape& shape, const std::vector<int>& axes);

  /// Elements reduced in one go: long enough to pay for a task, short enough that rounding
  /// within one accumulator stays small.
  static constexpr std::int64_t block = 1 << 14;
  /// When the run is kept, rows of that many columns count as the work of one step.
  static constexpr std::int64_t block_columns = 128;

  Walk kept, reduced;    ///< without the run
  std::int64_t run = 1;  ///< extent of the innermost axis
  bool run_is_kept = false;
  std::int64_t block_steps = 1;  ///< of reduced elements (run reduced) or rows (run kept)
  std::int64_t blocks = 1;       ///< per result

  std::int64_t results() const { return kept.count * (run_is_kept ? run : 1); }
  std::int64_t steps() const { return reduced.count * (run_is_kept ? 1 : run); }
};

/// Several reductions of one shape along the same axes, in one walk over their values.
class Reductions {
 public:
  /// Elements that a source is asked for at once, at most; also columns accumulated side by
  /// side, and rows reduced in one go.
  static constexpr std::int64_t tile = 1024;

  Reductions(ReductionLayout layout, std::vector<ReductionLoops> loops, int threads)
      : layout_(std::move(layout)), loops_(std::move(loops)), threads_(threads) {}

  std::size_t workspace_bytes() const {
    return loops_.size() * partial_bytes() + static_cast<std::size_t>(threads_) * thread_bytes();
  }

  /// `source(thread)` makes a reader for consecutive work of that thread; reader(k, begin, count)
  /// is where the terms [begin, begin + count) of the k-th reduction lie. All k are read one after
  /// the other for each range. y[k]: the k-th result.
  template <class Source>
  void run(const Source& source, std::byte* const* y, std::byte* workspace) const {
    if (layout_.run_is_kept)
      reduce_columns(source, y, workspace);
    else if (rows_fit_tiles())
      reduce_rows(source, y, workspace);
    else
      reduce_runs(source, y, workspace);
    if (layout_.blocks > 1) merge_blocks(y, workspace);
  }

 private:
  std::size_t partial_bytes() const {
    if (layout_.blocks == 1) return 0;
    const auto count = static_cast<std::size_t>(layout_.results() * layout_.blocks);
    return (count * ReductionLoops::accumulator_bytes + 63) / 64 * 64;
  }
  /// Accumulators of one reduction that a task holds at most.
  std::int64_t held() const {
    if (layout_.run_is_kept) return std::min(layout_.run, tile);
    return rows_fit_tiles() ? std::min(layout_.results(), rows_per_tile()) : ReductionLoops::lanes;
  }
  std::size_t slot_bytes() const {
    const auto bytes = static_cast<std::size_t>(held()) * ReductionLoops::accumulator_bytes;
    return (bytes + 63) / 64 * 64;
  }
  std::size_t thread_bytes() const { return loops_.size() * slot_bytes(); }

  std::byte* partial(std::byte* workspace, std::size_t k) const {
    return workspace + k * partial_bytes();
  }
  /// This thread's accumulators of the k-th reduction.
  std::byte* accumulators(std::byte* workspace, std::size_t thread, std::size_t k) const {
    return workspace + loops_.size() * partial_bytes() + thread * thread_bytes() + k * slot_bytes();
  }

  bool rows_fit_tiles() const {
    return layout_.reduced.axes.empty() && layout_.blocks == 1 && layout_.run <= tile;
  }
  std::int64_t rows_per_tile() const { return tile / std::max<std::int64_t>(layout_.run, 1); }

  /// Enough tasks together to be worth a thread.
  static std::int64_t grain_for(std::int64_t elements) {
    return std::max<std::int64_t>(1,
                                  runtime::pointwise_grain / std::max<std::int64_t>(elements, 1));
  }

  /// Calls body(reader, thread, task) for all tasks of so many elements each.
  template <class Source, class Body>
  static void for_each_task(const Source& source, std::int64_t tasks, std::int64_t elements,
                            const Body& body) {
    runtime::parallel_for(tasks, grain_for(elements), [&](std::int64_t begin, std::int64_t end) {
      const auto thread = static_cast<std::size_t>(runtime::thread_in_scope());
      auto reader = source(thread);
      for (std::int64_t task = begin; task < end; ++task) body(reader, thread, task);
    });
  }

  /// What a task accumulated: to the result, or to the blocks that are merged later.
  void store(const std::byte* a, std::size_t k, std::int64_t at, std::int64_t count,
             std::byte* const* y, std::byte* workspace) const {
    const auto first = static_cast<std::size_t>(at);
    const ReductionLoops& loops = loops_[k];
    if (layout_.blocks == 1)
      loops.finish(a, count, y[k] + first * loops.result);
    else
      std::copy_n(a, static_cast<std::size_t>(count) * loops.accumulator,
                  partial(workspace, k) + first * loops.accumulator);
  }

  /// Short rows, several a tile.
  template <class Source>
  void reduce_rows(const Source& source, std::byte* const* y, std::byte* workspace) const {
    const std::int64_t run = layout_.run, rows = layout_.results();
    const std::int64_t per_tile = rows_per_tile();
    const std::int64_t tiles = (rows + per_tile - 1) / per_tile;
    for_each_task(source, tiles, tile, [&](auto& reader, std::size_t thread, std::int64_t task) {
      const std::int64_t first = task * per_tile, count = std::min(per_tile, rows - first);
      for (std::size_t k = 0; k < loops_.size(); ++k) {
        std::byte* a = accumulators(workspace, thread, k);
        loops_[k].reduce_rows(reader(k, first * run, count * run), count, run, a);
        store(a, k, first, count, y, workspace);
      }
    });
  }

  /// The run is reduced: a task is a [result, block], a piece of the reduced elements.
  template <class Source>
  void reduce_runs(const Source& source, std::byte* const* y, std::byte* workspace) const {
    const ReductionLayout& l = layout_;
    const std::int64_t work = std::min(l.steps(), l.block_steps);
    for_each_task(source, l.results() * l.blocks, work,
                  [&](auto& reader, std::size_t thread, std::int64_t task) {
                    const std::int64_t first = task % l.blocks * l.block_steps;
                    const std::int64_t last = std::min(l.steps(), first + l.block_steps);
                    start(workspace, thread, ReductionLoops::lanes);
                    take_elements(reader, l.kept.offset(task / l.blocks), first, last, workspace,
                                  thread);
                    for (std::size_t k = 0; k < loops_.size(); ++k) {
                      std::byte* lanes = accumulators(workspace, thread, k);
                      loops_[k].fold(lanes);
                      store(lanes, k, task, 1, y, workspace);
                    }
                  });
  }

  void start(std::byte* workspace, std::size_t thread, std::int64_t count) const {
    for (std::size_t k = 0; k < loops_.size(); ++k)
      loops_[k].start(accumulators(workspace, thread, k), count);
  }

  template <class Reader>
  void take_elements(Reader& reader, std::int64_t origin, std::int64_t begin, std::int64_t end,
                     std::byte* workspace, std::size_t thread) const {
    while (begin < end) {
      const std::int64_t within = begin % layout_.run;
      const std::int64_t count = std::min({end - begin, layout_.run - within, tile});
      const std::int64_t at = origin + layout_.reduced.offset(begin / layout_.run) + within;
      for (std::size_t k = 0; k < loops_.size(); ++k)
        loops_[k].take_run(reader(k, at, count), count, accumulators(workspace, thread, k));
      begin += count;
    }
  }

  /// The run is kept: a task is a [kept, block, tile of columns], over a piece of the rows.
  template <class Source>
  void reduce_columns(const Source& source, std::byte* const* y, std::byte* workspace) const {
    const ReductionLayout& l = layout_;
    const std::int64_t tiles = (l.run + tile - 1) / tile;
    const std::int64_t work = std::min(l.steps(), l.block_steps) * std::min(l.run, tile);
    for_each_task(source, l.kept.count * l.blocks * tiles, work,
                  [&](auto& reader, std::size_t thread, std::int64_t task) {
                    const std::int64_t column = task % tiles * tile, piece = task / tiles;
                    const std::int64_t columns = std::min(tile, l.run - column);
                    start(workspace, thread, columns);
                    const std::int64_t first = piece % l.blocks * l.block_steps;
                    take_rows(reader, l.kept.offset(piece / l.blocks) + column, first, columns,
                              workspace, thread);
                    for (std::size_t k = 0; k < loops_.size(); ++k)
                      store(accumulators(workspace, thread, k), k, piece * l.run + column, columns,
                            y, workspace);
                  });
  }

  /// Whole rows that lie one behind the other are taken as many at once as fill a tile.
  template <class Reader>
  void take_rows(Reader& reader, std::int64_t origin, std::int64_t first, std::int64_t columns,
                 std::byte* workspace, std::size_t thread) const {
    const std::int64_t last = std::min(layout_.steps(), first + layout_.block_steps);
    const bool dense = columns == layout_.run && !layout_.reduced.axes.empty();
    const std::int64_t inner = dense ? layout_.reduced.axes.back().extent : 1;
    const std::int64_t most = std::max<std::int64_t>(1, tile / columns);
    for (std::int64_t step = first; step < last;) {
      const std::int64_t rows = std::min({last - step, inner - step % inner, most});
      for (std::size_t k = 0; k < loops_.size(); ++k)
        loops_[k].take_rows(reader(k, origin + layout_.reduced.offset(step), rows * columns), rows,
                            columns, accumulators(workspace, thread, k));
      step += rows;
    }
  }

  /// Folds the blocks of each result in their order.
  void merge_blocks(std::byte* const* y, std::byte* workspace) const {
    const std::int64_t columns = layout_.run_is_kept ? layout_.run : 1;
    const std::int64_t groups = layout_.results() / std::max<std::int64_t>(columns, 1);
    runtime::parallel_for(groups, grain_for(layout_.blocks * columns),
                          [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t group = begin; group < end; ++group)
                              merge_group(group, columns, y, workspace);
                          });
  }

  void merge_group(std::int64_t group, std::int64_t columns, std::byte* const* y,
                   std::byte* workspace) const {
    for (std::size_t k = 0; k < loops_.size(); ++k) {
      const ReductionLoops& loops = loops_[k];
      const std::size_t row = static_cast<std::size_t>(columns) * loops.accumulator;
      std::byte* whole =
          partial(workspace, k) + static_cast<std::size_t>(group * layout_.blocks) * row;
      for (std::int64_t b = 1; b < layout_.blocks; ++b)
        loops.merge(whole, whole + static_cast<std::size_t>(b) * row, columns);
      loops.finish(whole, columns, y[k] + static_cast<std::size_t>(group * columns) * loops.result);
    }
  }

  ReductionLayout layout_;
  std::vector<ReductionLoops> loops_;
  int threads_;
};

}  // namespace palimpsest::cpu
