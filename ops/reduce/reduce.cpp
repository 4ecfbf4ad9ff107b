#include "ops/reduce/reduce.h"

#include "graph/graph.h"
#include "ops/axes.h"
#include "ops/expect.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest {
namespace {

TensorType reduced_type(std::string_view name, Types in, const std::vector<int>& axes) {
  expect_operands(name, in, 1);
  expect_number(name, in[0]);
  expect_normal(name, in[0].shape, axes);
  return {in[0].dtype, kept_shape(in[0].shape, axes)};
}

void expect_axis(std::string_view name, const TensorType& type, int axis) {
  if (axis < 0 || axis >= type.shape.rank())
    throw ShapeError(text(name, ": axis ", axis, " does not exist in ", type));
}

/// The normal axes along which there is something to reduce.
std::vector<int> wide_axes(const Shape& shape, std::vector<int> axes) {
  axes = normal_axes(shape, std::move(axes));
  std::erase_if(axes, [&](int axis) { return shape[axis] == 1; });
  return axes;
}

}  // namespace

TensorType ReduceSum::infer(Types in) const { return reduced_type(name, in, axes); }

Value ReduceSum::transpose(int, Operands x, Value ct) const {
  return broadcast_to(ct, x[0].shape());
}

std::string ReduceSum::attributes() const { return "axes=" + listed(axes); }

TensorType CumSum::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_number(name, in[0]);
  expect_axis(name, in[0], axis);
  return in[0];
}

// The matrix of a forward prefix sum is lower triangular; its transpose sums backward.
Value CumSum::transpose(int, Operands, Value ct) const {
  const bool was_forward = direction == Direction::forward;
  return cumsum(ct, axis, scan, was_forward ? Direction::backward : Direction::forward);
}

std::string CumSum::attributes() const {
  return text("axis=", axis, scan == Scan::exclusive ? " exclusive" : "",
              direction == Direction::backward ? " backward" : "");
}

TensorType ReduceMax::infer(Types in) const { return reduced_type(name, in, axes); }

std::string ReduceMax::attributes() const { return "axes=" + listed(axes); }

TensorType ArgMax::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_number(name, in[0]);
  expect_axis(name, in[0], axis);
  if (in[0].shape[axis] == 0)
    throw ShapeError(text(name, ": axis ", axis, " of ", in[0], " is empty"));
  return {DType::i64, in[0].shape.with(axis, 1)};
}

std::string ArgMax::attributes() const {
  return text("axis=", axis, tie == Tie::last ? " last" : "");
}

TensorType TopK::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_number(name, in[0]);
  expect_axis(name, in[0], in[0].shape.rank() - 1);
  if (k < 0 || k > in[0].shape[-1])
    throw ShapeError(
        text(name, ": k in [0, ", in[0].shape[-1], "] expected for ", in[0], ", ", k, " came"));
  return {DType::i64, in[0].shape.with(-1, k)};
}

std::string TopK::attributes() const { return text("k=", k); }

// ---- builders ----

Value reduce_sum(Value x, std::vector<int> axes) {
  axes = wide_axes(x.shape(), std::move(axes));
  return axes.empty() ? x : x.graph().add(ReduceSum{std::move(axes)}, {x});
}

Value cumsum(Value x, int axis, Scan scan, Direction direction) {
  return x.graph().add(CumSum{static_cast<int>(x.shape().index(axis)), scan, direction}, {x});
}

Value max_without_derivative(Value x, std::vector<int> axes) {
  axes = wide_axes(x.shape(), std::move(axes));
  return axes.empty() ? detach(x) : x.graph().add(ReduceMax{std::move(axes)}, {x});
}

Value argmax(Value x, int axis, Tie tie) {
  return x.graph().add(ArgMax{static_cast<int>(x.shape().index(axis)), tie}, {x});
}

Value top_k(Value x, std::int64_t k) { return x.graph().add(TopK{k}, {x}); }

Value sum_all(Value x) { return reshape(reduce_sum(x), Shape{}); }

Value inner(Value a, Value b) { return sum_all(a * b); }

}  // namespace palimpsest
