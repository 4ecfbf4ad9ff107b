#include "ops/conv/conv.h"

#include <algorithm>

#include "graph/graph.h"
#include "ops/expect.h"
#include "ops/window/sliding.h"

namespace palimpsest {
namespace {

SlidingFields fields_of(const ConvGeometry& g) {
  const auto kernel =
      g.filter.rank() > 2 ? g.filter.extents().subspan(2) : std::span<const std::int64_t>{};
  return {"conv", g.input, kernel, g.stride, g.dilation, g.pad_low, g.pad_high};
}

void check_channels(const ConvGeometry& g) {
  if (g.filter.rank() != g.input.rank())
    throw ShapeError(text("conv: filter: rank ", g.input.rank(), " expected for input ", g.input,
                          ", ", g.filter, " came"));
  if (g.groups < 1)
    throw ShapeError(text("conv: groups: at least 1 expected, ", g.groups, " came"));
  if (g.input[1] % g.groups != 0 || g.filter[0] % g.groups != 0)
    throw ShapeError(text("conv: groups: ", g.groups, " must divide the ", g.input[1],
                          " input and ", g.filter[0], " output channels"));
  if (g.filter[1] != g.input[1] / g.groups)
    throw ShapeError(text("conv: filter: ", g.input[1] / g.groups, " channels (", g.input[1],
                          " of the input in ", g.groups, " groups) expected, ", g.filter, " came"));
}

/// All three members take two operands of one float type, or stored as bf16.
TensorType checked_result(std::string_view name, Types in, const Shape& a, const Shape& b,
                          const Shape& result) {
  expect_operands(name, in, 2);
  const DType dtype = product_dtype(name, in[0], in[1]);
  if (!(in[0].shape == a && in[1].shape == b))
    throw ShapeError(text(name, ": operands of shape ", a, " and ", b, " expected, ", in[0],
                          " and ", in[1], " came"));
  return {dtype, result};
}

}  // namespace

std::string ConvGeometry::describe() const {
  return text(describe_sliding(fields_of(*this)), " groups=", groups,
              channels_last ? " channels_last" : "", filter_blocks ? " filter_blocks" : "");
}

std::int64_t spatial_volume(const Shape& shape) {
  std::int64_t volume = 1;
  for (int axis = 2; axis < shape.rank(); ++axis) volume *= shape[axis];
  return volume;
}

bool has_unit_strides(const ConvGeometry& geometry) {
  return std::ranges::all_of(geometry.stride, [](std::int64_t step) { return step == 1; });
}

ConvGeometry conv_geometry(const Shape& input, const Shape& filter,
                           std::vector<std::int64_t> stride, std::vector<std::int64_t> dilation,
                           std::vector<std::int64_t> pad_low, std::vector<std::int64_t> pad_high,
                           std::int64_t groups) {
  ConvGeometry g{input,
                 filter,
                 {},
                 std::move(stride),
                 std::move(dilation),
                 std::move(pad_low),
                 std::move(pad_high),
                 groups};
  check_channels(g);
  check_sliding(fields_of(g));
  std::vector<std::int64_t> output{input[0], filter[0]};
  for (std::size_t axis = 0; axis < g.stride.size(); ++axis)
    output.push_back(sliding_room(fields_of(g), axis) / g.stride[axis] + 1);
  g.output = Shape(std::move(output));
  return g;
}

TensorType Conv::infer(Types in) const {
  return checked_result(name, in, geometry.stored_input(), geometry.stored_filter(),
                        geometry.stored_output());
}

TensorType ConvInputGrad::infer(Types in) const {
  return checked_result(name, in, geometry.stored_output(), geometry.stored_filter(),
                        geometry.stored_input());
}

TensorType ConvFilterGrad::infer(Types in) const {
  return checked_result(name, in, geometry.stored_output(), geometry.stored_input(),
                        geometry.stored_filter());
}

// <ct, conv(x, w)> is linear in each of the three, so every rule is another member.

Value Conv::transpose(int operand, Operands x, Value ct) const {
  return operand == 0 ? conv_input_grad(ct, x[1], geometry) : conv_filter_grad(ct, x[0], geometry);
}

Value ConvInputGrad::transpose(int operand, Operands x, Value ct) const {
  return operand == 0 ? conv(ct, x[1], geometry) : conv_filter_grad(x[0], ct, geometry);
}

Value ConvFilterGrad::transpose(int operand, Operands x, Value ct) const {
  return operand == 0 ? conv(x[1], ct, geometry) : conv_input_grad(x[0], ct, geometry);
}

Value conv(Value x, Value w, const ConvGeometry& geometry) {
  return x.graph().add(Conv{geometry}, {x, w});
}

Value conv_input_grad(Value ct, Value w, const ConvGeometry& geometry) {
  return ct.graph().add(ConvInputGrad{geometry}, {ct, w});
}

Value conv_filter_grad(Value ct, Value x, const ConvGeometry& geometry) {
  return ct.graph().add(ConvFilterGrad{geometry}, {ct, x});
}

}  // namespace palimpsest
