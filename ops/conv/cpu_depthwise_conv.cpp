#include <algorithm>
#include <vector>

#include "ops/conv/cpu_depthwise_conv.h"
#include "ops/conv/cpu_depthwise_loops.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

// Numbers that stay in the first cache from one row to the next.
constexpr std::int64_t cached_floats = 1 << 14;
// Larger kernels are left to others.
constexpr std::int64_t max_kernel_rows = 32;

/// [C, 1, places...] to [places, C].
void pack_filter(const float* filter, std::int64_t channels, std::int64_t places, float* packed) {
  for (std::int64_t place = 0; place < places; ++place)
    for (std::int64_t c = 0; c < channels; ++c)
      packed[place * channels + c] = filter[c * places + place];
}

/// Forward and input gradient: every place of the result gathers from the source.
class DepthwiseGather final : public Kernel {
 public:
  DepthwiseGather(GatherPlan plan, const KernelRequest& request)
      : plan_(std::move(plan)),
        channels_(plan_.source_channels),
        loops_(depthwise_loops(channels_)) {
    if (const Literal* filter = request.constants[1]) {
      packed_.resize(static_cast<std::size_t>(filter_elements()));
      pack_filter(filter->values<float>().data(), channels_, plan_.kernel_places(), packed_.data());
    }
  }

  std::size_t workspace_bytes() const override {
    return packed_.empty() ? static_cast<std::size_t>(filter_elements()) * sizeof(float) : 0;
  }
  std::size_t resident_bytes() const override { return packed_.size() * sizeof(float); }
  bool absorbs(std::size_t operand) const override { return operand == 1 && !packed_.empty(); }
  std::string algorithm() const override { return "own:depthwise"; }

  void run(const Launch& launch) override {
    const float* filter = packed_.data();
    if (packed_.empty()) {
      auto* const packed = reinterpret_cast<float*>(launch.workspace);
      pack_filter(launch.input<float>(1), channels_, plan_.kernel_places(), packed);
      filter = packed;
    }
    const std::int64_t row_products = plan_.result_columns * channels_ * plan_.kernel_places() + 1;
    runtime::parallel_for(
        plan_.images * plan_.result_rows, depthwise_chunk_products / row_products + 1,
        [&](std::int64_t begin, std::int64_t end) { compute_rows(begin, end, filter, launch); });
  }

 private:
  std::int64_t filter_elements() const { return plan_.kernel_places() * channels_; }

  /// Rows one below the other share sources: a few channels at a time, so that these stay in the
  /// first cache from row to row.
  void compute_rows(std::int64_t begin, std::int64_t end, const float* filter,
                    const Launch& launch) const {
    const std::int64_t wanted =
        cached_floats / (plan_.source_columns * (plan_.kernel_rows + 1) * loops_.width);
    const std::int64_t step = std::max<std::int64_t>(wanted, 1) * loops_.width;
    for (std::int64_t c = 0; c < channels_; c += step)
      for (std::int64_t row = begin; row < end; ++row)
        for (const AxisPhase& columns : plan_.columns)
          compute_line(row, columns, {c, std::min(c + step, channels_)}, filter, launch);
  }

  struct Channels {
    std::int64_t begin, end;
  };

  void compute_line(std::int64_t row, const AxisPhase& columns, Channels channels,
                    const float* filter, const Launch& launch) const {
    const std::int64_t image = row / plan_.result_rows, y = row % plan_.result_rows;
    const float* const source =
        launch.input<float>(0) + image * plan_.source_rows * plan_.source_columns * channels_;
    const AxisPhase& rows = plan_.row_phase(y);
    DepthwiseRow row_of[max_kernel_rows];
    DepthwiseLine line{};
    line.row = row_of;
    if (!columns.taps.empty()) {
      const AxisPhase::Tap first = columns.taps.front(), last = columns.taps.back();
      const auto steps = static_cast<std::int64_t>(columns.taps.size()) - 1;
      line.taps = static_cast<int>(steps) + 1;
      line.first = first.source;
      line.tap_step = steps > 0 ? (last.source - first.source) / steps : 1;
      line.weight_step = steps > 0 ? (last.kernel - first.kernel) / steps * channels_ : 0;
      for (const AxisPhase::Tap& r : rows.taps) {
        const std::int64_t at = y / rows.step * rows.source_step + r.source;
        if (at < 0 || at >= plan_.source_rows) continue;
        row_of[line.rows++] = {
            source + at * plan_.source_columns * channels_,
            filter + (r.kernel * plan_.kernel_columns + first.kernel) * channels_};
      }
    }
    line.fresh_rows = std::min(line.rows, static_cast<int>(rows.source_step));
    line.channels = channels_;
    line.count = columns.count;
    line.source_step = columns.source_step;
    line.source_columns = plan_.source_columns;
    line.result = launch.result<float>() + (row * plan_.result_columns + columns.begin) * channels_;
    line.result_step = columns.step * channels_;
    loops_.line(line, channels.begin, channels.end);
  }

  GatherPlan plan_;
  std::int64_t channels_;
  DepthwiseLoops loops_;
  std::vector<float> packed_;
};

bool within_reach(const ConvGeometry& g, const KernelRequest& request) {
  const bool depthwise = g.groups == g.input[1] && g.groups == g.filter[0];
  return reads_f32_channels_last(g, request) && depthwise && g.groups >= least_depthwise_channels &&
         g.filter.elements() > 0;
}

}  // namespace

std::unique_ptr<Kernel> depthwise_conv_kernel(const ConvGeometry& g, ConvRole role,
                                              const KernelRequest& request) {
  if (!within_reach(g, request)) return nullptr;
  const bool filter_grad = role == ConvRole::filter_grad;
  auto plan = gather_plan(g, filter_grad ? ConvRole::forward : role);
  if (!plan || plan->kernel_rows > max_kernel_rows) return nullptr;
  if (filter_grad) return depthwise_filter_grad_kernel(std::move(*plan));
  return std::make_unique<DepthwiseGather>(std::move(*plan), request);
}

}  // namespace palimpsest
