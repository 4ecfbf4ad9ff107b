// Products of matrices.

#include "onnx_import/node_context.h"
#include "onnx_import/nodes/nodes.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::onnx_import {
namespace {

/// numpy's matmul: a vector is a row on the left, a column on the right, and its axis goes again.
std::vector<Value> matrix_product(NodeContext& node) {
  Value a = node.input(0);
  Value b = node.input(1);
  if (a.shape().rank() == 0 || b.shape().rank() == 0) node.invalid("scalars have no product here");
  const bool row = a.shape().rank() == 1;
  const bool column = b.shape().rank() == 1;
  if (row) a = expand_axis(a, 0);
  if (column) b = expand_axis(b, 1);
  Value y = matmul(a, b);
  if (column) y = squeeze_axis(y, -1);
  if (row) y = squeeze_axis(y, column ? -1 : -2);
  return {y};
}

/// alpha op(a) op(b) + beta c, with c broadcast.
std::vector<Value> gemm(NodeContext& node) {
  const Attributes& attributes = node.attributes();
  const Value product = matmul(node.input(0), node.input(1),
                               {.transpose_a = attributes.integer("transA", 0) != 0,
                                .transpose_b = attributes.integer("transB", 0) != 0});
  const Value scaled = product * attributes.real("alpha", 1);
  if (!node.has_input(2)) return {scaled};
  const Value y = scaled + node.input(2) * attributes.real("beta", 1);
  if (!(y.shape() == product.shape()))
    node.invalid(text("C ", node.input(2).shape(), " does not broadcast to ", product.shape()));
  return {y};
}

std::vector<Value> det(NodeContext& node) { return {determinant(node.input(0))}; }

}  // namespace

void add_linear_nodes(NodeTable& table) {
  table.add("MatMul", 1, matrix_product);
  table.add("Gemm", 1, gemm);
  table.add("Det", 11, det);
}

}  // namespace palimpsest::onnx_import
