#include "ops/window/window.h"

#include <algorithm>

#include "graph/graph.h"
#include "ops/expect.h"
#include "ops/window/sliding.h"

namespace palimpsest {
namespace {

SlidingFields fields_of(const WindowGeometry& g) {
  return {"window", g.input, g.size, g.stride, g.dilation, g.pad_low, g.pad_high};
}

/// True when the window that begins at `begin` has no place in [0, extent).
bool wholly_in_padding(std::int64_t begin, std::int64_t extent, std::int64_t size,
                       std::int64_t dilation) {
  const std::int64_t skipped = begin < 0 ? (-begin + dilation - 1) / dilation : 0;
  return skipped >= size || begin + skipped * dilation >= extent;
}

/// Windows that begin inside are fine; only those that begin before the input or behind it
/// can miss it. The former repeat with the dilation, so at most `dilation` of them differ.
void check_every_window_touches(const WindowGeometry& g, std::size_t axis) {
  const int spatial = static_cast<int>(axis) + 2;
  const std::int64_t extent = g.input[spatial], windows = g.output[spatial];
  const auto misses = [&](std::int64_t p) {
    return wholly_in_padding(p * g.stride[axis] - g.pad_low[axis], extent, g.size[axis],
                             g.dilation[axis]);
  };
  const std::int64_t suspects =
      extent >= g.dilation[axis]
          ? 1
          : std::min({windows, g.dilation[axis], g.pad_low[axis] / g.stride[axis] + 1});
  bool missed = misses(windows - 1);
  for (std::int64_t p = 0; p < suspects && !missed; ++p) missed = misses(p);
  if (missed)
    throw ShapeError(text("window: pad_low[", axis, "]=", g.pad_low[axis], ", pad_high[", axis,
                          "]=", g.pad_high[axis], ": a window of size ", g.size[axis],
                          " would lie wholly in the padding of input extent ", extent));
}

/// ceil((room) / stride) + 1 windows, without a last one that begins in the high padding.
std::int64_t rounded_up(std::int64_t room, const WindowGeometry& g, std::size_t axis) {
  const std::int64_t windows = (room + g.stride[axis] - 1) / g.stride[axis] + 1;
  const std::int64_t last_begin = (windows - 1) * g.stride[axis];
  const bool in_padding = last_begin >= g.input[static_cast<int>(axis) + 2] + g.pad_low[axis];
  return in_padding && windows > 1 ? windows - 1 : windows;
}

void expect_shape(std::string_view name, Types in, const Shape& shape) {
  expect_operands(name, in, 1);
  if (!(in[0].shape == shape))
    throw ShapeError(text(name, ": operand of shape ", shape, " expected, ", in[0], " came"));
}

}  // namespace

std::string WindowGeometry::describe() const {
  return text(describe_sliding(fields_of(*this)), channels_last ? " channels_last" : "");
}

WindowGeometry window_geometry(const Shape& input, std::vector<std::int64_t> size,
                               std::vector<std::int64_t> stride, std::vector<std::int64_t> dilation,
                               std::vector<std::int64_t> pad_low,
                               std::vector<std::int64_t> pad_high, Rounding rounding) {
  WindowGeometry g{input,
                   {},
                   std::move(size),
                   std::move(stride),
                   std::move(dilation),
                   std::move(pad_low),
                   std::move(pad_high)};
  check_sliding(fields_of(g));
  std::vector<std::int64_t> output{input[0], input[1]};
  for (std::size_t axis = 0; axis < g.size.size(); ++axis) {
    const std::int64_t room = sliding_room(fields_of(g), axis);
    output.push_back(rounding == Rounding::ceil ? rounded_up(room, g, axis)
                                                : room / g.stride[axis] + 1);
  }
  g.output = Shape(std::move(output));
  for (std::size_t axis = 0; axis < g.size.size(); ++axis) check_every_window_touches(g, axis);
  return g;
}

TensorType WindowSum::infer(Types in) const {
  expect_shape(name, in, geometry.stored_input());
  expect_float(name, in[0]);
  return {in[0].dtype, geometry.stored_output()};
}

TensorType WindowSpread::infer(Types in) const {
  expect_shape(name, in, geometry.stored_output());
  expect_float(name, in[0]);
  return {in[0].dtype, geometry.stored_input()};
}

TensorType WindowArgmax::infer(Types in) const {
  expect_shape(name, in, geometry.stored_input());
  expect_number(name, in[0]);
  return {DType::i64, geometry.stored_output()};
}

Value WindowSum::transpose(int, Operands, Value ct) const { return window_spread(ct, geometry); }

Value WindowSpread::transpose(int, Operands, Value ct) const { return window_sum(ct, geometry); }

Value window_sum(Value x, const WindowGeometry& geometry) {
  return x.graph().add(WindowSum{geometry}, {x});
}

Value window_spread(Value x, const WindowGeometry& geometry) {
  return x.graph().add(WindowSpread{geometry}, {x});
}

Value window_argmax(Value x, const WindowGeometry& geometry) {
  return x.graph().add(WindowArgmax{geometry}, {x});
}

}  // namespace palimpsest
