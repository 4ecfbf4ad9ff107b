#include <algorithm>

#include "ops/conv/cpu_depthwise_conv.h"
#include "ops/conv/cpu_depthwise_loops.h"
#include "ops/conv/cpu_packed_filter.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

// Numbers that stay in the first cache from one row to the next.
constexpr std::int64_t cached_floats = 1 << 14;

/// Forward and input gradient: every place of the result gathers from the source.
class DepthwiseGather final : public PackedFilterKernel {
 public:
  explicit DepthwiseGather(GatherPlan plan)
      : plan_(std::move(plan)),
        channels_(plan_.source_channels),
        loops_(depthwise_loops(channels_)) {}

  std::string algorithm() const override { return "own:depthwise"; }

  void run(const Launch& launch) override {
    const float* const filter = filter_of(launch);
    const std::int64_t row_products = plan_.result_columns * channels_ * plan_.kernel_places() + 1;
    runtime::parallel_for(
        plan_.images * plan_.result_rows, depthwise_chunk_products / row_products + 1,
        [&](std::int64_t begin, std::int64_t end) { compute_rows(begin, end, filter, launch); });
  }

 private:
  std::int64_t filter_floats() const override { return plan_.kernel_places() * channels_; }

  /// [C, 1, places...] to [places, C].
  void pack(const float* filter, float* packed) const override {
    const std::int64_t places = plan_.kernel_places();
    for (std::int64_t place = 0; place < places; ++place)
      for (std::int64_t c = 0; c < channels_; ++c)
        packed[place * channels_ + c] = filter[c * places + place];
  }

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
    GatherRow rows[max_kernel_rows];
    const GatherLine line =
        gather_line(plan_, row, columns,
                    {launch.input<float>(0), filter, channels_, launch.result<float>()}, rows);
    loops_.line(line, channels.begin, channels.end);
  }

  GatherPlan plan_;
  std::int64_t channels_;
  DepthwiseLoops loops_;
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
  return packed_filter_kernel<DepthwiseGather>(request, std::move(*plan));
}

}  // namespace palimpsest
