#include <algorithm>

#include "ops/conv/cpu_group_conv.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::Launch;

/// Filter gradient: pieces of the rows have sums of their own, which are added in order, so that
/// the result does not depend on the number of threads.
class GroupFilterGrad final : public Kernel {
 public:
  GroupFilterGrad(GatherPlan plan, const GroupLoops& loops, std::int64_t group)
      : plan_(std::move(plan)), loops_(loops), group_(group), channels_(plan_.source_channels) {
    constexpr std::int64_t most_pieces = 4;
    const std::int64_t rows = plan_.images * plan_.result_rows;
    const std::int64_t products = rows * plan_.result_columns * channels_ * group_;
    const std::int64_t wanted = std::clamp<std::int64_t>(
        products * plan_.kernel_places() / group_chunk_products, 1, most_pieces);
    rows_of_piece_ = std::max<std::int64_t>(1, (rows + wanted - 1) / wanted);
    pieces_ = std::max<std::int64_t>(1, (rows + rows_of_piece_ - 1) / rows_of_piece_);
  }

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(pieces_ * piece_floats()) * sizeof(float);
  }
  std::string algorithm() const override { return "own:groups"; }

  void run(const Launch& launch) override {
    auto* const sums = reinterpret_cast<float*>(launch.workspace);
    runtime::parallel_for(pieces_, 1, [&](std::int64_t piece, std::int64_t) {
      float* const own = sums + piece * piece_floats();
      std::fill_n(own, piece_floats(), 0.0F);
      const std::int64_t end =
          std::min(plan_.images * plan_.result_rows, (piece + 1) * rows_of_piece_);
      for (std::int64_t row = piece * rows_of_piece_; row < end; ++row) add_row(row, own, launch);
    });
    for (std::int64_t piece = 1; piece < pieces_; ++piece)
      for (std::int64_t i = 0; i < piece_floats(); ++i) sums[i] += sums[piece * piece_floats() + i];
    unpack(sums, launch.result<float>());
  }

 private:
  std::int64_t units() const { return channels_ / loops_.width; }
  std::int64_t place_floats() const { return group_ * loops_.width; }
  std::int64_t piece_floats() const { return units() * plan_.kernel_places() * place_floats(); }

  void add_row(std::int64_t row, float* sums, const Launch& launch) const {
    const std::int64_t image = row / plan_.result_rows, y = row % plan_.result_rows;
    const AxisPhase &rows = plan_.rows.front(), &columns = plan_.columns.front();
    const float* const source =
        launch.input<float>(1) + image * plan_.source_rows * plan_.source_columns * channels_;
    GroupSums line{};
    line.channels = channels_;
    line.count = plan_.result_columns;
    line.taps = static_cast<int>(columns.taps.size());
    line.source_step = columns.source_step;
    line.source_columns = plan_.source_columns;
    line.first = columns.taps.front().source;
    line.tap_step = columns.taps.size() > 1 ? columns.taps[1].source - line.first : 1;
    for (std::int64_t unit = 0; unit < units(); ++unit) {
      fetch_fresh_rows(plan_, source, y + 1, unit, units());
      line.ct =
          launch.input<float>(0) + row * plan_.result_columns * channels_ + unit * loops_.width;
      for (const AxisPhase::Tap& r : rows.taps) {
        const std::int64_t at = y * rows.source_step + r.source;
        if (at < 0 || at >= plan_.source_rows) continue;
        line.source = source + at * plan_.source_columns * channels_ + unit * loops_.width;
        line.sums =
            sums + (unit * plan_.kernel_rows + r.kernel) * plan_.kernel_columns * place_floats();
        loops_.sums(line);
      }
    }
  }

  /// [unit, place, output of the group, lane] to [O, C / groups, places...].
  void unpack(const float* sums, float* result) const {
    const std::int64_t places = plan_.kernel_places(), width = loops_.width;
    for (std::int64_t o = 0; o < channels_; ++o)
      for (std::int64_t i = 0; i < group_; ++i) {
        const std::int64_t c = o / group_ * group_ + i;  // the lane's channel
        const float* const from =
            sums + c / width * places * place_floats() + o % group_ * width + c % width;
        for (std::int64_t place = 0; place < places; ++place)
          result[(o * group_ + i) * places + place] = from[place * place_floats()];
      }
  }

  GatherPlan plan_;
  GroupLoops loops_;
  std::int64_t group_, channels_;
  std::int64_t rows_of_piece_, pieces_;
};

}  // namespace

std::unique_ptr<Kernel> group_filter_grad_kernel(GatherPlan plan, const GroupLoops& loops,
                                                 std::int64_t group) {
  return std::make_unique<GroupFilterGrad>(std::move(plan), loops, group);
}

}  // namespace palimpsest
