#pragma once
// Reductions over any set of axes on the CPU: the layout that all of them share, and the
// kernel over a reducer (sum, maximum). Work is cut into blocks whose size depends on the
// shape only, so the order of operations, and with it every bit, is the same at any number of
// threads.

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "runtime/cpu/parallel.h"
#include "runtime/kernel.h"

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
  /// Columns accumulated side by side when the run is kept.
  static constexpr std::int64_t tile = 128;

  Walk kept, reduced;    ///< without the run
  std::int64_t run = 1;  ///< extent of the innermost axis
  bool run_is_kept = false;
  std::int64_t block_steps = 1;  ///< of reduced elements (run reduced) or rows (run kept)
  std::int64_t blocks = 1;       ///< per result

  std::int64_t results() const { return kept.count * (run_is_kept ? run : 1); }
  std::int64_t steps() const { return reduced.count * (run_is_kept ? 1 : run); }
};

/// Reducer: `Element`, `Accumulator`, static start(), take(accumulator&, element),
/// merge(accumulator&, accumulator), finish(accumulator) -> element.
template <class Reducer>
class ReductionKernel final : public runtime::Kernel {
 public:
  using T = typename Reducer::Element;
  using A = typename Reducer::Accumulator;

  explicit ReductionKernel(ReductionLayout layout) : layout_(std::move(layout)) {}

  std::size_t workspace_bytes() const override {
    if (layout_.blocks == 1) return 0;
    return static_cast<std::size_t>(layout_.results() * layout_.blocks) * sizeof(A);
  }

  void run(const runtime::Launch& launch) override {
    const T* x = launch.input<T>(0);
    T* y = launch.result<T>();
    A* partial = reinterpret_cast<A*>(launch.workspace);
    if (layout_.blocks == 1)
      reduce(x, [y](std::int64_t i, A whole) { y[i] = Reducer::finish(whole); });
    else
      reduce(x, [partial](std::int64_t i, A part) { partial[i] = part; });
    if (layout_.blocks > 1) merge_blocks(partial, y);
  }

 private:
  /// Enough tasks together to be worth a thread.
  static std::int64_t grain_for(std::int64_t elements) {
    return std::max<std::int64_t>(1,
                                  runtime::pointwise_grain / std::max<std::int64_t>(elements, 1));
  }

  /// Calls store(i, accumulator) for every result and block.
  template <class Store>
  void reduce(const T* x, Store store) const {
    if (layout_.run_is_kept)
      reduce_columns(x, store);
    else
      reduce_runs(x, store);
  }

  /// The run is reduced: i counts [result, block], each a piece of the reduced elements.
  template <class Store>
  void reduce_runs(const T* x, Store store) const {
    const ReductionLayout& l = layout_;
    const std::int64_t work = std::min(l.steps(), l.block_steps);
    runtime::parallel_for(l.results() * l.blocks, grain_for(work),
                          [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t task = begin; task < end; ++task) {
                              const std::int64_t result = l.blocks == 1 ? task : task / l.blocks;
                              const std::int64_t first = (task - result * l.blocks) * l.block_steps;
                              const std::int64_t last = std::min(l.steps(), first + l.block_steps);
                              store(task, reduce_elements(x + l.kept.offset(result), first, last));
                            }
                          });
  }

  A reduce_elements(const T* x, std::int64_t begin, std::int64_t end) const {
    constexpr std::int64_t width = 8;  // independent accumulators, for the vector units
    if (layout_.reduced.axes.empty() && end - begin < 2 * width)
      return reduce_few(x + begin, end - begin);
    std::array<A, width> lanes;
    lanes.fill(Reducer::start());
    while (begin < end) {
      const std::int64_t within = begin % layout_.run;
      const std::int64_t count = std::min(end - begin, layout_.run - within);
      const T* run = x + layout_.reduced.offset(begin / layout_.run) + within;
      std::int64_t i = 0;
      for (; i + width <= count; i += width)
        for (std::int64_t k = 0; k < width; ++k)
          Reducer::take(lanes[static_cast<std::size_t>(k)], run[i + k]);
      for (; i < count; ++i) Reducer::take(lanes[static_cast<std::size_t>(i % width)], run[i]);
      begin += count;
    }
    for (std::size_t half = width / 2; half > 0; half /= 2)
      for (std::size_t k = 0; k < half; ++k) Reducer::merge(lanes[k], lanes[k + half]);
    return lanes[0];
  }

  /// A short run, as in the rows of a classifier: setting up lanes would cost more.
  static A reduce_few(const T* x, std::int64_t count) {
    A sum = Reducer::start();
    for (std::int64_t i = 0; i < count; ++i) Reducer::take(sum, x[i]);
    return sum;
  }

  /// The run is kept: i counts [kept, block, column], each over a piece of the rows.
  template <class Store>
  void reduce_columns(const T* x, Store store) const {
    const ReductionLayout& l = layout_;
    const std::int64_t tiles = (l.run + l.tile - 1) / l.tile;
    const std::int64_t work = std::min(l.steps(), l.block_steps) * std::min(l.run, l.tile);
    runtime::parallel_for(l.kept.count * l.blocks * tiles, grain_for(work),
                          [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t task = begin; task < end; ++task) {
                              const std::int64_t column = task % tiles * l.tile,
                                                 piece = task / tiles;
                              const std::int64_t columns = std::min(l.tile, l.run - column);
                              std::array<A, ReductionLayout::tile> sums;
                              reduce_tile(x + l.kept.offset(piece / l.blocks) + column,
                                          piece % l.blocks * l.block_steps, sums.data(), columns);
                              const std::int64_t place = piece * l.run + column;
                              for (std::int64_t c = 0; c < columns; ++c)
                                store(place + c, sums[static_cast<std::size_t>(c)]);
                            }
                          });
  }

  void reduce_tile(const T* x, std::int64_t first, A* sum, std::int64_t columns) const {
    std::fill_n(sum, columns, Reducer::start());
    const std::int64_t last = std::min(layout_.steps(), first + layout_.block_steps);
    for (std::int64_t step = first; step < last; ++step) {
      const T* row = x + layout_.reduced.offset(step);
      for (std::int64_t c = 0; c < columns; ++c) Reducer::take(sum[c], row[c]);
    }
  }

  /// Folds the blocks of each result in their order.
  void merge_blocks(const A* partial, T* y) const {
    const std::int64_t columns = layout_.run_is_kept ? layout_.run : 1;
    runtime::parallel_for(
        layout_.results(), grain_for(layout_.blocks), [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) {
            const A* first = partial + i / columns * layout_.blocks * columns + i % columns;
            A whole = *first;
            for (std::int64_t b = 1; b < layout_.blocks; ++b)
              Reducer::merge(whole, first[b * columns]);
            y[i] = Reducer::finish(whole);
          }
        });
  }

  ReductionLayout layout_;
};

}  // namespace palimpsest::cpu
