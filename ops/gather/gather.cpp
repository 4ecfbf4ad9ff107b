#include "ops/gather/gather.h"

#include <numeric>

#include "graph/graph.h"
#include "ops/expect.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest {
namespace {

/// Checks (x [B, N, D], indices [B, K] or [1, K]).
void expect_indexed(std::string_view name, Types in) {
  expect_operands(name, in, 2);
  expect_rank(name, in[0], 3);
  expect_dtype(name, in[1], DType::i64);
  expect_rank(name, in[1], 2);
  const std::int64_t batch = in[1].shape[0];
  if (batch != 1 && batch != in[0].shape[0])
    throw ShapeError(text(name, ": indices for a batch of 1 or ", in[0].shape[0], " expected for ",
                          in[0], ", ", in[1], " came"));
}

}  // namespace

TensorType Gather::infer(Types in) const {
  expect_indexed(name, in);
  return {in[0].dtype, in[0].shape.with(1, in[1].shape[1])};
}

Value Gather::transpose(int, Operands x, Value ct) const {
  return scatter_add(ct, x[1], x[0].shape()[1]);
}

TensorType ScatterAdd::infer(Types in) const {
  expect_indexed(name, in);
  expect_number(name, in[0]);
  if (in[0].shape[1] != in[1].shape[1])
    throw ShapeError(text(name, ": one index per row of ", in[0], " expected, ", in[1], " came"));
  return {in[0].dtype, in[0].shape.with(1, size)};
}

Value ScatterAdd::transpose(int, Operands x, Value ct) const { return gather(ct, x[1]); }

std::string ScatterAdd::attributes() const { return text("size=", size); }

Value gather(Value x, Value indices) { return x.graph().add(Gather{}, {x, indices}); }

Value scatter_add(Value x, Value indices, std::int64_t size) {
  return x.graph().add(ScatterAdd{size}, {x, indices});
}

namespace {

std::int64_t product(std::span<const std::int64_t> extents) {
  return std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
}

}  // namespace

Value take(Value x, Value indices, int axis) {
  const auto extents = x.shape().extents();
  const std::size_t position = x.shape().index(axis);
  const auto before = extents.first(position), after = extents.subspan(position + 1);

  std::vector<std::int64_t> result(before.begin(), before.end());
  result.insert(result.end(), indices.shape().begin(), indices.shape().end());
  result.insert(result.end(), after.begin(), after.end());

  const Value rows = reshape(x, {product(before), extents[position], product(after)});
  const Value list = reshape(indices, {1, indices.shape().elements()});
  return reshape(gather(rows, list), Shape(std::move(result)));
}

Value take_along_axis(Value x, Value indices, int axis) {
  if (!(x.shape().with(axis, 1) == indices.shape().with(axis, 1)))
    throw ShapeError(text("take_along_axis: shapes equal but for axis ", axis, " expected, ",
                          x.type(), " and ", indices.type(), " came"));
  const Value last_x = swap_axes(x, axis, -1), last_indices = swap_axes(indices, axis, -1);
  const std::int64_t n = x.shape()[axis], k = indices.shape()[axis];
  const std::int64_t rows =
      product(last_x.shape().extents().first(static_cast<std::size_t>(x.shape().rank() - 1)));
  const Value y = gather(reshape(last_x, {rows, n, 1}), reshape(last_indices, {rows, k}));
  return swap_axes(reshape(y, last_indices.shape()), axis, -1);
}

}  // namespace palimpsest
