#include "ops/conv/cpu_gather_plan.h"

#include <algorithm>

namespace palimpsest {
namespace {

/// One spatial axis of a convolution.
struct Axis {
  std::int64_t input = 1, output = 1, kernel = 1, stride = 1, dilation = 1, pad = 0;
};

Axis axis_of(const ConvGeometry& g, std::size_t axis) {
  const int dim = static_cast<int>(axis) + 2;
  return {g.input[dim],   g.output[dim],    g.filter[dim],
          g.stride[axis], g.dilation[axis], g.pad_low[axis]};
}

std::vector<AxisPhase> forward_phases(const Axis& a) {
  AxisPhase phase{0, 1, a.output, a.stride, {}};
  for (std::int64_t k = 0; k < a.kernel; ++k) phase.taps.push_back({k, k * a.dilation - a.pad});
  return {phase};
}

/// Places of x that leave the same rest when divided by the stride meet the same taps.
std::vector<AxisPhase> input_grad_phases(const Axis& a) {
  std::vector<AxisPhase> phases;
  for (std::int64_t begin = 0; begin < std::min(a.stride, a.input); ++begin) {
    AxisPhase phase{begin, a.stride, (a.input - begin + a.stride - 1) / a.stride, 1, {}};
    for (std::int64_t k = a.kernel - 1; k >= 0; --k) {
      const std::int64_t reach = begin + a.pad - k * a.dilation;
      if (reach % a.stride == 0) phase.taps.push_back({k, reach / a.stride});
    }
    phases.push_back(std::move(phase));
  }
  return phases;
}

std::vector<AxisPhase> phases_of(const Axis& a, ConvRole role) {
  return role == ConvRole::forward ? forward_phases(a) : input_grad_phases(a);
}

}  // namespace

bool reads_f32_channels_last(const ConvGeometry& g, const runtime::KernelRequest& request) {
  return g.channels_last && std::ranges::all_of(request.inputs, [](const TensorType& type) {
           return type.dtype == DType::f32;
         });
}

std::optional<GatherPlan> gather_plan(const ConvGeometry& g, ConvRole role) {
  if (g.spatial_rank() > 2) return std::nullopt;
  const Axis columns = axis_of(g, g.spatial_rank() == 1 ? 0 : 1);
  const Axis rows = g.spatial_rank() == 1 ? Axis{} : axis_of(g, 0);
  const bool forward = role == ConvRole::forward;
  GatherPlan plan{.images = g.input[0],
                  .source_rows = forward ? rows.input : rows.output,
                  .source_columns = forward ? columns.input : columns.output,
                  .source_channels = forward ? g.input[1] : g.output[1],
                  .result_rows = forward ? rows.output : rows.input,
                  .result_columns = forward ? columns.output : columns.input,
                  .result_channels = forward ? g.output[1] : g.input[1],
                  .kernel_rows = rows.kernel,
                  .kernel_columns = columns.kernel,
                  .rows = phases_of(rows, role),
                  .columns = phases_of(columns, role)};
  return plan;
}

GatherLine gather_line(const GatherPlan& plan, std::int64_t row, const AxisPhase& columns,
                       const GatherOperands& operands, GatherRow* rows_of_line) {
  const std::int64_t image = row / plan.result_rows, y = row % plan.result_rows;
  const std::int64_t row_floats = plan.source_columns * plan.source_channels;
  const float* const source = operands.source + image * plan.source_rows * row_floats;
  const AxisPhase& rows = plan.row_phase(y);
  GatherLine line{};
  line.row = rows_of_line;
  if (!columns.taps.empty()) {
    const AxisPhase::Tap first = columns.taps.front(), last = columns.taps.back();
    const auto steps = static_cast<std::int64_t>(columns.taps.size()) - 1;
    line.taps = static_cast<int>(steps) + 1;
    line.first = first.source;
    line.tap_step = steps > 0 ? (last.source - first.source) / steps : 1;
    line.weight_step = steps > 0 ? (last.kernel - first.kernel) / steps * operands.place_floats : 0;
    for (const AxisPhase::Tap& r : rows.taps) {
      const std::int64_t at = y / rows.step * rows.source_step + r.source;
      if (at < 0 || at >= plan.source_rows) continue;
      const std::int64_t place = r.kernel * plan.kernel_columns + first.kernel;
      rows_of_line[line.rows++] = {source + at * row_floats,
                                   operands.weights + place * operands.place_floats};
    }
  }
  line.fresh_rows = std::min(line.rows, static_cast<int>(rows.source_step));
  line.channels = plan.source_channels;
  line.count = columns.count;
  line.source_step = columns.source_step;
  line.source_columns = plan.source_columns;
  line.result =
      operands.result + (row * plan.result_columns + columns.begin) * plan.result_channels;
  line.result_step = columns.step * plan.result_channels;
  return line;
}

}  // namespace palimpsest
