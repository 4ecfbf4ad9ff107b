#include "ops/linalg/linalg.h"

#include "graph/graph.h"
#include "ops/expect.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest {
namespace {

/// Rows and columns of op(x).
struct Extents {
  std::int64_t rows, columns;
};

Extents extents_of(const Shape& shape, bool transposed) {
  return transposed ? Extents{shape[-1], shape[-2]} : Extents{shape[-2], shape[-1]};
}

Shape leading(const Shape& shape) {
  return Shape(shape.extents().first(static_cast<std::size_t>(shape.rank() - 2)));
}

Shape with_matrix(const Shape& lead, std::int64_t rows, std::int64_t columns) {
  std::vector<std::int64_t> extents(lead.begin(), lead.end());
  extents.push_back(rows);
  extents.push_back(columns);
  return Shape(std::move(extents));
}

void expect_rank_of_matrix(std::string_view name, const TensorType& type) {
  if (type.shape.rank() < 2)
    throw ShapeError(text(name, ": rank 2 or more expected, ", type, " came"));
}

void expect_matrix(std::string_view name, const TensorType& type) {
  expect_float(name, type);
  expect_rank_of_matrix(name, type);
}

void expect_square(std::string_view name, Types in) {
  expect_operands(name, in, 1);
  expect_matrix(name, in[0]);
  if (in[0].shape[-1] != in[0].shape[-2])
    throw ShapeError(text(name, ": square matrices expected, ", in[0], " came"));
}

/// One right matrix for a whole batch: the batch becomes rows of one product, so that the
/// matrix is not repeated and its cotangent is summed inside the product.
Value matmul_by_shared_matrix(Value a, Value b, MatMul options) {
  const Shape& shape = a.shape();
  const Value rows = reshape(a, Shape{shape.elements() / shape[-1], shape[-1]});
  const Value matrix = reshape(b, Shape{b.shape()[-2], b.shape()[-1]});
  const Value product = a.graph().add(options, {rows, matrix});
  return reshape(product, with_matrix(leading(shape), shape[-2], product.shape()[-1]));
}

}  // namespace

TensorType MatMul::infer(Types in) const {
  expect_operands(name, in, 2);
  const DType dtype = product_dtype(name, in[0], in[1]);
  for (const TensorType& type : in) expect_rank_of_matrix(name, type);
  const Shape &a = in[0].shape, &b = in[1].shape;
  const Extents left = extents_of(a, transpose_a), right = extents_of(b, transpose_b);
  if (!(leading(a) == leading(b)))
    throw ShapeError(
        text(name, ": equal leading extents expected, ", in[0], " and ", in[1], " came"));
  if (left.columns != right.rows)
    throw ShapeError(text(name, ": inner extents differ: the left operand ", in[0], " has ",
                          left.columns, " columns, the right operand ", in[1], " has ", right.rows,
                          " rows (", attributes(), ")"));
  return {dtype, with_matrix(leading(a), left.rows, right.columns)};
}

// With Y = A B the cotangents are A' = Y' B^T and B' = A^T Y'; where an operand enters
// transposed, so does its cotangent, by swapping the factors.
Value MatMul::transpose(int operand, Operands x, Value ct) const {
  Graph& graph = ct.graph();
  if (operand == 0)
    return transpose_a ? graph.add(MatMul{transpose_b, true}, {x[1], ct})
                       : graph.add(MatMul{false, !transpose_b}, {ct, x[1]});
  return transpose_b ? graph.add(MatMul{true, transpose_a}, {ct, x[0]})
                     : graph.add(MatMul{!transpose_a, false}, {x[0], ct});
}

std::string MatMul::attributes() const {
  return text(transpose_a ? "a^T " : "a ", transpose_b ? "b^T" : "b");
}

TensorType Inverse::infer(Types in) const {
  expect_square(name, in);
  return in[0];
}

/// d(X^-1) = -X^-1 dX X^-1.
Value Inverse::differential(int, Operands, Value y, Value tangent) const {
  return -matmul(matmul(y, tangent), y);
}

TensorType Determinant::infer(Types in) const {
  expect_square(name, in);
  return {in[0].dtype, leading(in[0].shape)};
}

/// Jacobi's formula: d det(X) = det(X) tr(X^-1 dX).
Value Determinant::differential(int, Operands x, Value y, Value tangent) const {
  const Value transposed_inverse = swap_axes(inverse(x[0]), -2, -1);
  const int rank = tangent.shape().rank();
  const Value trace = reduce_sum(transposed_inverse * tangent, {rank - 2, rank - 1});
  return y * reshape(trace, y.shape());
}

Value matmul(Value a, Value b, MatMul options) {
  expect_matrix(MatMul::name, a.type());
  expect_matrix(MatMul::name, b.type());
  const Shape lead_a = leading(a.shape()), lead_b = leading(b.shape());
  if (lead_a == lead_b) return a.graph().add(options, {a, b});
  const bool fold_batch = lead_b.elements() == 1 && lead_b.rank() <= lead_a.rank() &&
                          a.shape().elements() > 0 && !options.transpose_a;
  if (fold_batch) return matmul_by_shared_matrix(a, b, options);
  const Shape lead = broadcast_shape(lead_a, lead_b);
  return a.graph().add(options, {broadcast_to(a, with_matrix(lead, a.shape()[-2], a.shape()[-1])),
                                 broadcast_to(b, with_matrix(lead, b.shape()[-2], b.shape()[-1]))});
}

Value inverse(Value x) { return x.graph().add(Inverse{}, {x}); }

Value determinant(Value x) { return x.graph().add(Determinant{}, {x}); }

}  // namespace palimpsest
