// Floating-point operations of single nodes, counted by hand.

#include <doctest/doctest.h>

#include "graph/function.h"
#include "ops/conv/conv.h"
#include "ops/cost/flops.h"
#include "ops/fused/fused.h"
#include "ops/fused/rows.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "ops/window/window.h"

namespace palimpsest {
namespace {

double flops_of(Value value) {
  std::vector<TensorType> types;
  for (const Value input : value.node().inputs) types.push_back(input.type());
  return flops(value.node().op, types, value.type());
}

struct Inputs {
  Graph graph;
  Value of(Shape shape) { return graph.input({DType::f32, std::move(shape)}); }
};

}  // namespace

TEST_CASE("the members of the convolution family cost two operations a multiply-add") {
  Inputs in;
  // 2 groups of 2 channels onto 3; 4x5 -> 2x3 with stride 2 and padding 1.
  ConvGeometry geometry =
      conv_geometry({2, 4, 4, 5}, {6, 2, 3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}, 2);
  REQUIRE(geometry.output == Shape{2, 6, 2, 3});
  const double expected = 2.0 * (2 * 6 * 2 * 3) * (2 * 3 * 3);
  const Value x = in.of(geometry.input), w = in.of(geometry.filter), ct = in.of(geometry.output);
  CHECK(flops_of(conv(x, w, geometry)) == expected);
  CHECK(flops_of(conv_input_grad(ct, w, geometry)) == expected);
  CHECK(flops_of(conv_filter_grad(ct, x, geometry)) == expected);
  geometry.channels_last = true;
  CHECK(flops_of(conv(in.of({2, 4, 5, 4}), w, geometry)) == expected);
}

TEST_CASE("a product of matrices costs two operations a multiply-add, however it is transposed") {
  Inputs in;
  CHECK(flops_of(matmul(in.of({5, 2, 3}), in.of({5, 3, 7}))) == 2 * 5 * 2 * 3 * 7);
  CHECK(flops_of(matmul(in.of({3, 2}), in.of({7, 3}),
                        {.transpose_a = true, .transpose_b = true})) == 2 * 2 * 3 * 7);
}

TEST_CASE("rows cost what their instructions cost alone, and a part of a result nothing") {
  const FusedRows centred{
      {{ReduceSum{{1}}, {0}}, {Neg{}, {1}}, {Add{}, {0, 2}}}, {1, 3}, {6, 5}, {1}};
  Inputs in;
  const Value packed = in.graph.add(centred, {in.of({6, 5})});
  CHECK(flops_of(packed) == 30 + 6 + 30);
  CHECK(flops_of(in.graph.add(Part{0, {6, 1}}, {packed})) == 0);
}

TEST_CASE("elementwise work counts by result, reductions by operand, movement not at all") {
  Inputs in;
  const Value x = in.of({2, 3, 4, 4});
  CHECK(flops_of(exp(x)) == 96);
  CHECK(flops_of(x + in.of({2, 3, 4, 4})) == 96);
  CHECK(flops_of(reduce_sum(x, {2, 3})) == 96);
  CHECK(flops_of(permute(x, {0, 2, 3, 1})) == 0);
  const auto halves = window_geometry(x.shape(), {2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0});
  CHECK(flops_of(window_sum(x, halves)) == 2 * 3 * 2 * 2 * 4);
  const FusedPointwise chain{{{Mul{}, {0, 1}}, {Exp{}, {2}}, {Add{}, {3, 0}}}, {2, 3}};
  CHECK(flops_of(in.graph.add(chain, {in.of({2, 3}), in.of({1, 3})})) == 3 * 6);
  const FusedReduction sum{{{Mul{}, {0, 0}}}, {{ReduceSum{{0}}, {1}}}, {2, 3}};
  CHECK(flops_of(in.graph.add(sum, {in.of({2, 3})})) == 2 * 6);
}

TEST_CASE("products are the convolution family and matrix products") {
  CHECK(is_product(MatMul{}));
  CHECK(is_product(Conv{}));
  CHECK(is_product(ConvInputGrad{}));
  CHECK(is_product(ConvFilterGrad{}));
  CHECK_FALSE(is_product(Mul{}));
  CHECK_FALSE(is_product(Inverse{}));
}

}  // namespace palimpsest
