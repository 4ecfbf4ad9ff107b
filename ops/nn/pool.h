#pragma once
// Pooling over the spatial axes of [N, C, spatial...].

#include "ops/window/window.h"

namespace palimpsest::nn {

enum class CountPadding { exclude, include };

/// Maximum of each window; on ties the first place in row-major order takes the derivative.
Value max_pool(Value x, const WindowGeometry& geometry);
/// Mean of each window. With `exclude`, places outside of x do not count; with `include`,
/// declared padding counts, places beyond it (ceil rounding) do not.
Value average_pool(Value x, const WindowGeometry& geometry, CountPadding count);
/// Mean over all spatial axes, kept with extent 1.
Value global_average_pool(Value x);
Value global_max_pool(Value x);

}  // namespace palimpsest::nn
