#pragma once
// The arithmetic of sliding windows that convolution and pooling share: checks of the fields
// and the room that a window has along an axis. No primitive and no kernel.

#include <span>
#include <string>
#include <string_view>

#include "graph/tensor_type.h"

namespace palimpsest {

/// The fields of a sliding geometry, one entry a spatial axis; `input` is [N, C, spatial...].
struct SlidingFields {
  std::string_view where;  ///< begins every error text
  const Shape& input;
  std::span<const std::int64_t> size, stride, dilation, pad_low, pad_high;
};

/// Throws ShapeError naming the field unless the input has a spatial axis, all fields have one
/// entry for each, sizes are in [1, 2^40], strides and dilations in [1, 2^24], pads in [0, 2^40].
void check_sliding(const SlidingFields& fields);

/// How far a window can be shifted along a spatial axis: padded extent minus dilated window.
/// Throws ShapeError when the window is larger than the padded input. Needs checked fields.
std::int64_t sliding_room(const SlidingFields& fields, std::size_t axis);

/// "stride=[2,2] dilation=[1,1] ..." of a checked or unchecked geometry.
std::string describe_sliding(const SlidingFields& fields);

}  // namespace palimpsest
