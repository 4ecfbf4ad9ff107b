#include <algorithm>

#include "ops/conv/cpu_conv.h"
#include "ops/conv/cpu_gather_plan.h"
#include "ops/conv/cpu_packed_filter.h"
#include "ops/conv/cpu_stem_loops.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

// Multiplications of a chunk of parallel work: some ten microseconds.
constexpr std::int64_t chunk_products = 1 << 19;
// ... or so many rows, which share weights and rows of the cotangent.
constexpr std::int64_t least_rows = 8;

/// Input gradient with few channels in the input: every place gathers from the cotangent.
class StemInputGrad final : public PackedFilterKernel {
 public:
  explicit StemInputGrad(GatherPlan plan)
      : plan_(std::move(plan)),
        channels_(plan_.result_channels),
        outputs_(plan_.source_channels),
        loops_(stem_loops(outputs_)) {}

  std::string algorithm() const override { return "own:stem"; }

  void run(const Launch& launch) override {
    const float* const filter = filter_of(launch);
    const std::int64_t row_products =
        plan_.source_columns * outputs_ * plan_.kernel_places() * channels_ + 1;
    runtime::parallel_for(
        plan_.images * plan_.result_rows, std::max(least_rows, chunk_products / row_products + 1),
        [&](std::int64_t begin, std::int64_t end) { compute_rows(begin, end, filter, launch); });
  }

 private:
  std::int64_t vectors() const { return (outputs_ + loops_.width - 1) / loops_.width; }
  std::int64_t place_floats() const { return vectors() * channels_ * loops_.width; }
  std::int64_t filter_floats() const override { return plan_.kernel_places() * place_floats(); }

  /// [O, C, places...] to [place, vector, C, lane].
  void pack(const float* filter, float* packed) const override {
    const std::int64_t places = plan_.kernel_places(), width = loops_.width;
    std::fill_n(packed, filter_floats(), 0.0F);
    for (std::int64_t o = 0; o < outputs_; ++o) {
      const std::int64_t vector = o / width;
      // The last vector ends with the outputs; what it has in common with the one before is 0.
      const std::int64_t lane = o - std::min(vector * width, outputs_ - width);
      for (std::int64_t c = 0; c < channels_; ++c)
        for (std::int64_t place = 0; place < places; ++place)
          packed[place * place_floats() + (vector * channels_ + c) * width + lane] =
              filter[(o * channels_ + c) * places + place];
    }
  }

  /// Rows of one phase after the other: then a phase's weights stay in the first cache.
  void compute_rows(std::int64_t begin, std::int64_t end, const float* filter,
                    const Launch& launch) const {
    for (const AxisPhase& columns : plan_.columns)
      for (const AxisPhase& rows : plan_.rows)
        for (std::int64_t row = begin; row < end; ++row)
          if (&plan_.row_phase(row % plan_.result_rows) == &rows)
            compute_line(row, columns, filter, launch);
  }

  void compute_line(std::int64_t row, const AxisPhase& columns, const float* filter,
                    const Launch& launch) const {
    GatherRow rows[max_kernel_rows];
    const GatherLine line =
        gather_line(plan_, row, columns,
                    {launch.input<float>(0), filter, place_floats(), launch.result<float>()}, rows);
    loops_.line(line, channels_);
  }

  GatherPlan plan_;
  std::int64_t channels_, outputs_;
  StemLoops loops_;
};

bool within_reach(const ConvGeometry& g, ConvRole role, const KernelRequest& request) {
  return reads_f32_channels_last(g, request) && role == ConvRole::input_grad && g.groups == 1 &&
         g.input[1] >= 1 && g.input[1] <= max_stem_channels && g.filter[0] >= least_stem_outputs;
}

}  // namespace

std::unique_ptr<Kernel> stem_conv_kernel(const ConvGeometry& g, ConvRole role,
                                         const KernelRequest& request) {
  if (!within_reach(g, role, request)) return nullptr;
  auto plan = gather_plan(g, role);
  if (!plan || plan->kernel_rows > max_kernel_rows) return nullptr;
  return packed_filter_kernel<StemInputGrad>(request, std::move(*plan));
}

}  // namespace palimpsest
