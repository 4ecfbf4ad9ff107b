#include "ops/window/sliding.h"

#include "graph/error.h"
#include "ops/axes.h"

namespace palimpsest {
namespace {

constexpr std::int64_t max_extent = std::int64_t{1} << 40;
constexpr std::int64_t max_step = std::int64_t{1} << 24;

struct Range {
  std::int64_t low, high;
};

void check_field(const SlidingFields& fields, std::string_view name,
                 std::span<const std::int64_t> values, Range range) {
  const auto rank = static_cast<std::size_t>(fields.input.rank() - 2);
  if (values.size() != rank)
    throw ShapeError(text(fields.where, ": ", name, ": ", rank, " entries expected for input ",
                          fields.input, ", ", values.size(), " came"));
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (values[axis] < range.low || values[axis] > range.high)
      throw ShapeError(text(fields.where, ": ", name, "[", axis, "]: a number in [", range.low,
                            ", ", range.high, "] expected, ", values[axis], " came"));
}

}  // namespace

void check_sliding(const SlidingFields& fields) {
  if (fields.input.rank() < 3)
    throw ShapeError(text(fields.where, ": input: [N, C, spatial...] of rank 3 or more expected, ",
                          fields.input, " came"));
  check_field(fields, "size", fields.size, {1, max_extent});
  check_field(fields, "stride", fields.stride, {1, max_step});
  check_field(fields, "dilation", fields.dilation, {1, max_step});
  check_field(fields, "pad_low", fields.pad_low, {0, max_extent});
  check_field(fields, "pad_high", fields.pad_high, {0, max_extent});
}

std::int64_t sliding_room(const SlidingFields& fields, std::size_t axis) {
  const std::int64_t padded =
      fields.input[static_cast<int>(axis) + 2] + fields.pad_low[axis] + fields.pad_high[axis];
  std::int64_t reach = 0;  // 2^40 * 2^24 does not fit
  if (__builtin_mul_overflow(fields.size[axis] - 1, fields.dilation[axis], &reach) ||
      reach >= padded)
    throw ShapeError(text(fields.where, ": size[", axis, "]: a window of ", fields.size[axis],
                          " with dilation ", fields.dilation[axis],
                          " does not fit into the padded input extent ", padded));
  return padded - reach - 1;
}

std::string describe_sliding(const SlidingFields& fields) {
  return text("size=", listed(fields.size), " stride=", listed(fields.stride),
              " dilation=", listed(fields.dilation), " pad_low=", listed(fields.pad_low),
              " pad_high=", listed(fields.pad_high));
}

}  // namespace palimpsest
