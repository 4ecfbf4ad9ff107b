#pragma once
// Which places of the source every place of the result reads, along each spatial axis: the one
// description of the forward convolution and of its input gradient, strided or not, that our own
// channels-last kernels follow. Of one or two spatial axes; one axis is seen as a single row.

#include <cstdint>
#include <optional>
#include <vector>

#include "ops/conv/cpu_conv.h"
#include "ops/conv/cpu_gather_line.h"

namespace palimpsest {

/// The places begin, begin + step, ... of the result, `count` of them. Place j of these reads, for
/// each tap, place j * source_step + tap.source of the source, where that exists.
struct AxisPhase {
  struct Tap {
    std::int64_t kernel, source;
  };
  std::int64_t begin, step, count, source_step;
  std::vector<Tap> taps;  ///< by ascending source
};

struct GatherPlan {
  std::int64_t images;
  std::int64_t source_rows, source_columns, source_channels;
  std::int64_t result_rows, result_columns, result_channels;
  std::int64_t kernel_rows, kernel_columns;
  /// Place r of the result belongs to phase r % rows.size(); likewise for columns.
  std::vector<AxisPhase> rows, columns;

  const AxisPhase& row_phase(std::int64_t row) const {
    return rows[static_cast<std::size_t>(row) % rows.size()];
  }
  std::int64_t kernel_places() const { return kernel_rows * kernel_columns; }
};

/// What all kernels that follow a plan ask for. The operands of an f32 result may be bf16.
bool reads_f32_channels_last(const ConvGeometry& geometry, const runtime::KernelRequest& request);

/// For role forward or input_grad. Nothing for more than two spatial axes.
std::optional<GatherPlan> gather_plan(const ConvGeometry& geometry, ConvRole role);

/// Where a line lies: the first channel wanted of the source and of the result, and the weights of
/// it, packed so that a kernel place takes place_floats.
struct GatherOperands {
  const float* source;
  const float* weights;
  std::int64_t place_floats;
  float* result;
};

/// The places of one phase of columns in a row of the result, rows counted over all images. `rows`
/// has room for max_kernel_rows and must live as long as the line.
GatherLine gather_line(const GatherPlan& plan, std::int64_t row, const AxisPhase& columns,
                       const GatherOperands& operands, GatherRow* rows);

}  // namespace palimpsest
