#include <algorithm>
#include <vector>

#include "ops/conv/cpu_conv.h"
#include "ops/conv/cpu_gather_plan.h"
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
// Larger kernels are left to others.
constexpr std::int64_t max_kernel_rows = 32;

/// Input gradient with few channels in the input: every place gathers from the cotangent.
class StemInputGrad final : public Kernel {
 public:
  StemInputGrad(GatherPlan plan, const KernelRequest& request)
      : plan_(std::move(plan)),
        channels_(plan_.result_channels),
        outputs_(plan_.source_channels),
        loops_(stem_loops(outputs_)) {
    if (const Literal* filter = request.constants[1]) {
      packed_.resize(static_cast<std::size_t>(filter_floats()));
      pack(filter->values<float>().data(), packed_.data());
    }
  }

  std::size_t workspace_bytes() const override {
    return packed_.empty() ? static_cast<std::size_t>(filter_floats()) * sizeof(float) : 0;
  }
  std::size_t resident_bytes() const override { return packed_.size() * sizeof(float); }
  bool absorbs(std::size_t operand) const override { return operand == 1 && !packed_.empty(); }
  std::string algorithm() const override { return "own:stem"; }

  void run(const Launch& launch) override {
    const float* filter = packed_.data();
    if (packed_.empty()) {
      auto* const packed = reinterpret_cast<float*>(launch.workspace);
      pack(launch.input<float>(1), packed);
      filter = packed;
    }
    const std::int64_t row_products =
        plan_.source_columns * outputs_ * plan_.kernel_places() * channels_ + 1;
    runtime::parallel_for(
        plan_.images * plan_.result_rows, std::max(least_rows, chunk_products / row_products + 1),
        [&](std::int64_t begin, std::int64_t end) { compute_rows(begin, end, filter, launch); });
  }

 private:
  std::int64_t vectors() const { return (outputs_ + loops_.width - 1) / loops_.width; }
  std::int64_t place_floats() const { return vectors() * channels_ * loops_.width; }
  std::int64_t filter_floats() const { return plan_.kernel_places() * place_floats(); }

  /// [O, C, places...] to [place, vector, C, lane].
  void pack(const float* filter, float* packed) const {
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
    const std::int64_t image = row / plan_.result_rows, y = row % plan_.result_rows;
    const float* const source =
        launch.input<float>(0) + image * plan_.source_rows * plan_.source_columns * outputs_;
    const AxisPhase& rows = plan_.row_phase(y);
    StemRow row_of[max_kernel_rows];
    StemLine line{};
    line.row = row_of;
    if (!columns.taps.empty()) {
      const AxisPhase::Tap first = columns.taps.front(), last = columns.taps.back();
      const auto steps = static_cast<std::int64_t>(columns.taps.size()) - 1;
      line.taps = static_cast<int>(steps) + 1;
      line.first = first.source;
      line.tap_step = steps > 0 ? (last.source - first.source) / steps : 1;
      line.weight_step = steps > 0 ? (last.kernel - first.kernel) / steps * place_floats() : 0;
      for (const AxisPhase::Tap& r : rows.taps) {
        const std::int64_t at = y / rows.step * rows.source_step + r.source;
        if (at < 0 || at >= plan_.source_rows) continue;
        row_of[line.rows++] = {
            source + at * plan_.source_columns * outputs_,
            filter + (r.kernel * plan_.kernel_columns + first.kernel) * place_floats()};
      }
    }
    line.count = columns.count;
    line.outputs = outputs_;
    line.source_columns = plan_.source_columns;
    line.result = launch.result<float>() + (row * plan_.result_columns + columns.begin) * channels_;
    line.result_step = columns.step * channels_;
    loops_.line(line, channels_);
  }

  GatherPlan plan_;
  std::int64_t channels_, outputs_;
  StemLoops loops_;
  std::vector<float> packed_;
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
  return std::make_unique<StemInputGrad>(std::move(*plan), request);
}

}  // namespace palimpsest
