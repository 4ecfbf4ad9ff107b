#include "ops/conv/cpu_group_conv.h"

#include <algorithm>

#include "ops/conv/cpu_packed_filter.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

/// Forward and input gradient: every place of the result gathers from the source.
class GroupGather final : public PackedFilterKernel {
 public:
  GroupGather(GatherPlan plan, ConvRole role, const GroupLoops& loops, std::int64_t group)
      : plan_(std::move(plan)),
        loops_(loops),
        forward_(role == ConvRole::forward),
        group_(group),
        channels_(plan_.source_channels) {}

  std::string algorithm() const override { return "own:groups"; }

  void run(const Launch& launch) override {
    const float* const filter = filter_of(launch);
    const std::int64_t row_products =
        plan_.source_columns * channels_ * plan_.kernel_places() * group_;
    runtime::parallel_for(plan_.images * plan_.result_rows, group_chunk_products / row_products + 1,
                          [&](std::int64_t begin, std::int64_t end) {
                            for (std::int64_t row = begin; row < end; ++row)
                              compute_row(row, filter, launch);
                          });
  }

 private:
  std::int64_t units() const { return channels_ / loops_.width; }
  std::int64_t place_floats() const { return group_ * loops_.width; }
  std::int64_t unit_floats() const { return plan_.kernel_places() * place_floats(); }
  std::int64_t filter_floats() const override { return units() * unit_floats(); }

  /// [O, C / groups, places...] to [unit, place, channel of the source's group, result lane].
  void pack(const float* filter, float* packed) const override {
    const std::int64_t places = plan_.kernel_places();
    for (std::int64_t c = 0; c < channels_; ++c) {
      float* const lane = packed + c / loops_.width * unit_floats() + c % loops_.width;
      for (std::int64_t i = 0; i < group_; ++i) {
        // Forward: output c, input i. Input gradient: output i of the group, input c of it.
        const std::int64_t line =
            forward_ ? c * group_ + i : (c / group_ * group_ + i) * group_ + c % group_;
        for (std::int64_t place = 0; place < places; ++place)
          lane[place * place_floats() + i * loops_.width] = filter[line * places + place];
      }
    }
  }

  void compute_row(std::int64_t row, const float* filter, const Launch& launch) const {
    const std::int64_t image = row / plan_.result_rows, y = row % plan_.result_rows;
    const float* const source =
        launch.input<float>(0) + image * plan_.source_rows * plan_.source_columns * channels_;
    for (std::int64_t unit = 0; unit < units(); ++unit) {
      fetch_fresh_rows(plan_, source, y + 1, unit, units());
      const std::int64_t lane = unit * loops_.width;
      const GatherOperands operands{launch.input<float>(0) + lane, filter + unit * unit_floats(),
                                    place_floats(), launch.result<float>() + lane};
      for (const AxisPhase& columns : plan_.columns) {
        GatherRow rows[max_kernel_rows];
        loops_.line(gather_line(plan_, row, columns, operands, rows));
      }
    }
  }

  GatherPlan plan_;
  GroupLoops loops_;
  bool forward_;
  std::int64_t group_, channels_;
};

bool within_reach(const ConvGeometry& g, const KernelRequest& request) {
  return reads_f32_channels_last(g, request) && g.input[1] == g.filter[0] && g.input.elements() > 0;
}

}  // namespace

void fetch_fresh_rows(const GatherPlan& plan, const float* image, std::int64_t y, std::int64_t part,
                      std::int64_t parts) {
  if (y >= plan.result_rows) return;
  const AxisPhase& rows = plan.row_phase(y);
  if (rows.taps.empty()) return;
  const std::int64_t last = y / rows.step * rows.source_step + rows.taps.back().source;
  const std::int64_t first = std::max<std::int64_t>(last - rows.source_step + 1, 0);
  const std::int64_t floats = plan.source_columns * plan.source_channels;
  for (std::int64_t row = first; row <= std::min(last, plan.source_rows - 1); ++row)
    for (std::int64_t i = floats * part / parts; i < floats * (part + 1) / parts; i += 16)
      __builtin_prefetch(image + row * floats + i, 0, 2);
}

std::unique_ptr<Kernel> group_conv_kernel(const ConvGeometry& g, ConvRole role,
                                          const KernelRequest& request) {
  if (!within_reach(g, request)) return nullptr;
  const std::int64_t group = g.filter[1];
  const GroupLoops loops = group_loops(g.input[1], group);
  const bool filter_grad = role == ConvRole::filter_grad;
  auto plan = gather_plan(g, filter_grad ? ConvRole::forward : role);
  if (!plan || loops.width == 0 || plan->kernel_rows > max_kernel_rows) return nullptr;
  if (filter_grad) return group_filter_grad_kernel(std::move(*plan), loops, group);
  return packed_filter_kernel<GroupGather>(request, std::move(*plan), role, loops, group);
}

}  // namespace palimpsest
