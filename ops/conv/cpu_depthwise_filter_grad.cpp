#include <algorithm>
#include <vector>

#include "ops/conv/cpu_depthwise_conv.h"
#include "ops/conv/cpu_depthwise_loops.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::Launch;

/// Sums of one tap, whole vectors.
std::int64_t row_sums(const GatherPlan& plan, const DepthwiseLoops& loops) {
  return (plan.source_channels + loops.width - 1) / loops.width * loops.width;
}

/// Segments with the same taps, of as many rows as there is room for.
class Batch {
 public:
  Batch(const GatherPlan& plan, const DepthwiseLoops& loops, const float* zeros, float* sums)
      : plan_(plan), loops_(loops), zeros_(zeros), sums_(sums), row_sums_(row_sums(plan, loops)) {}

  /// Kernel places [first, last) at one row of the cotangent.
  void add_row(std::int64_t row, std::int64_t first, std::int64_t last, const Launch& launch) {
    const std::int64_t image = row / plan_.result_rows, y = row % plan_.result_rows;
    Taps taps;
    for (std::int64_t place = first; place < last; ++place) {
      const auto kernel_row = static_cast<std::size_t>(place / plan_.kernel_columns);
      const auto kernel_column = static_cast<std::size_t>(place % plan_.kernel_columns);
      const std::int64_t at = y * plan_.rows[0].source_step + plan_.rows[0].taps[kernel_row].source;
      if (at < 0 || at >= plan_.source_rows) continue;
      taps.place[taps.count] = place;
      taps.row[taps.count] = (image * plan_.source_rows + at) * plan_.source_columns;
      taps.column[taps.count++] = plan_.columns[0].taps[kernel_column].source;
    }
    if (taps.count == 0) return;
    if (!same_places(taps)) flush();
    taps_ = taps;
    add_segments(launch.input<float>(0) + row * plan_.result_columns * plan_.source_channels,
                 launch.input<float>(1));
  }

  void flush() {
    if (line_.segments == 0) return;
    line_.channels = plan_.source_channels;
    line_.source_step = plan_.columns[0].source_step * plan_.source_channels;
    line_.segment = segments_;
    line_.taps = taps_.count;
    for (int tap = 0; tap < taps_.count; ++tap)
      line_.sums[tap] = sums_ + taps_.place[tap] * row_sums_;
    loops_.sums(line_);
    line_.segments = 0;
  }

 private:
  static constexpr int most_segments = 64;
  struct Taps {
    int count = 0;
    std::int64_t place[max_depthwise_sums];
    std::int64_t row[max_depthwise_sums];  ///< first place of the source's row
    std::int64_t column[max_depthwise_sums];
  };

  bool same_places(const Taps& taps) const {
    return taps.count == taps_.count &&
           std::equal(taps.place, taps.place + taps.count, taps_.place);
  }

  /// Those places of the cotangent's row at which every tap has its source are one segment.
  void add_segments(const float* ct, const float* source) {
    const std::int64_t channels = plan_.source_channels, step = plan_.columns[0].source_step;
    const auto low = std::min_element(taps_.column, taps_.column + taps_.count);
    const auto high = std::max_element(taps_.column, taps_.column + taps_.count);
    const std::int64_t room = plan_.source_columns - *high;
    const std::int64_t inner_begin = *low < 0 ? (step - 1 - *low) / step : 0;
    const std::int64_t inner_end =
        room > 0 ? std::min((room + step - 1) / step, plan_.result_columns) : 0;
    for (std::int64_t j = 0, count = 1; j < plan_.result_columns; j += count) {
      count = j >= inner_begin && j < inner_end ? inner_end - j : 1;
      if (line_.segments == most_segments) flush();
      DepthwiseSegment& segment = segments_[line_.segments++];
      segment.count = count;
      segment.ct = ct + j * channels;
      for (int tap = 0; tap < taps_.count; ++tap) {
        const std::int64_t column = j * step + taps_.column[tap];
        const bool exists = column >= 0 && column < plan_.source_columns;
        segment.source[tap] = exists ? source + (taps_.row[tap] + column) * channels : zeros_;
      }
    }
  }

  const GatherPlan& plan_;
  const DepthwiseLoops& loops_;
  const float* zeros_;
  float* sums_;
  std::int64_t row_sums_;
  Taps taps_;
  DepthwiseSums line_{};
  DepthwiseSegment segments_[most_segments];
};

/// Filter gradient: pieces of the rows have sums of their own, which are added in order, so that
/// the result does not depend on the number of threads.
class DepthwiseFilterGrad final : public Kernel {
 public:
  explicit DepthwiseFilterGrad(GatherPlan plan)
      : plan_(std::move(plan)),
        channels_(plan_.source_channels),
        loops_(depthwise_loops(channels_)),
        row_sums_(row_sums(plan_, loops_)),
        zeros_(static_cast<std::size_t>(channels_)) {
    constexpr std::int64_t most_pieces = 8;
    const std::int64_t rows = plan_.images * plan_.result_rows;
    const std::int64_t products = rows * plan_.result_columns * channels_ * plan_.kernel_places();
    const std::int64_t wanted =
        std::clamp<std::int64_t>(products / depthwise_chunk_products, 1, most_pieces);
    rows_of_piece_ = std::max<std::int64_t>(1, (rows + wanted - 1) / wanted);
    pieces_ = std::max<std::int64_t>(1, (rows + rows_of_piece_ - 1) / rows_of_piece_);
  }

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(pieces_ * piece_elements()) * sizeof(float);
  }
  std::size_t resident_bytes() const override { return zeros_.size() * sizeof(float); }
  std::string algorithm() const override { return "own:depthwise"; }

  void run(const Launch& launch) override {
    auto* const sums = reinterpret_cast<float*>(launch.workspace);
    runtime::parallel_for(pieces_, 1, [&](std::int64_t piece, std::int64_t) {
      float* const own = sums + piece * piece_elements();
      std::fill_n(own, piece_elements(), 0.0F);
      const std::int64_t rows = plan_.images * plan_.result_rows;
      add_rows(piece * rows_of_piece_, std::min(rows, (piece + 1) * rows_of_piece_), own, launch);
    });
    for (std::int64_t piece = 1; piece < pieces_; ++piece)
      for (std::int64_t i = 0; i < piece_elements(); ++i)
        sums[i] += sums[piece * piece_elements() + i];
    unpack(sums, launch.result<float>());
  }

 private:
  std::int64_t piece_elements() const { return plan_.kernel_places() * row_sums_; }

  /// Rows of one piece, whose sums a few taps at a time stay in registers.
  void add_rows(std::int64_t begin, std::int64_t end, float* sums, const Launch& launch) const {
    const std::int64_t places = plan_.kernel_places();
    for (std::int64_t first = 0; first < places; first += max_depthwise_sums) {
      Batch batch(plan_, loops_, zeros_.data(), sums);
      for (std::int64_t row = begin; row < end; ++row)
        batch.add_row(row, first, std::min(places, first + max_depthwise_sums), launch);
      batch.flush();
    }
  }

  /// [places, C] to [C, 1, places...]; the last vector's channels overlap with those before it.
  void unpack(const float* sums, float* result) const {
    const std::int64_t places = plan_.kernel_places(), shift = row_sums_ - channels_;
    for (std::int64_t c = 0; c < channels_; ++c) {
      const std::int64_t at = c < row_sums_ - loops_.width ? c : c + shift;
      for (std::int64_t place = 0; place < places; ++place)
        result[c * places + place] = sums[place * row_sums_ + at];
    }
  }

  GatherPlan plan_;
  std::int64_t channels_;
  DepthwiseLoops loops_;
  std::int64_t row_sums_;
  std::int64_t rows_of_piece_, pieces_;
  std::vector<float> zeros_;
};

}  // namespace

std::unique_ptr<Kernel> depthwise_filter_grad_kernel(GatherPlan plan) {
  return std::make_unique<DepthwiseFilterGrad>(std::move(plan));
}

}  // namespace palimpsest
