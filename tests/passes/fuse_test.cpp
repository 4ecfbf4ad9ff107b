// Fused nodes: when they are formed, and that they keep every bit.

#include <doctest/doctest.h>

#include "autodiff/autodiff.h"
#include "ops/fused/fused.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "tests/passes/fused_programs.h"

namespace palimpsest::testing {
namespace {

TEST_CASE("a chain of elementwise primitives becomes one node with the same bits") {
  const auto chain = [](Operands x) {
    return tanh(exp(x[0]) * sigmoid(x[1]) - sqrt(abs(x[0]))) / (x[1] * x[1] + 1.5);
  };
  for (const DType dtype : {DType::f32, DType::f64})
    for (const std::int64_t extent : {1, 3, 1023, 1024, 1025, 40001}) {
      CAPTURE(extent);
      CHECK(fused(function_of(dtype, {{extent}, {extent}}, chain)) == "fused");
    }
}

TEST_CASE("conditions, casts and integers fuse too") {
  const auto mixed = [](Operands x) {
    const Value count = cast(x[0] * 10.0, DType::i64);
    const Value odd = logical_xor(equal(count, zeros_like(count)), less(x[0], x[1]));
    return select(logical_or(odd, is_nan(x[1])), cast(count, x[0].dtype()), maximum(x[0], x[1]));
  };
  for (const DType dtype : {DType::f32, DType::f64})
    CHECK(fused(function_of(dtype, {{7, 333}, {7, 333}}, mixed)) == "fused");
}

TEST_CASE("broadcasts of every pattern are read in place of being written out") {
  const Shape full{3, 4, 5, 70};
  const std::vector<Shape> patterns{{1, 1, 1, 1}, {1, 4, 1, 1},  {3, 1, 5, 1},  {1, 4, 5, 70},
                                    {3, 1, 1, 1}, {1, 1, 1, 70}, {3, 4, 1, 70}, {3, 1, 5, 70}};
  for (const Shape& pattern : patterns) {
    CAPTURE(pattern);
    const auto affine = [](Operands x) { return relu(x[0] * x[1] + x[1]); };
    CHECK(fused(function_of(DType::f32, {full, pattern}, affine)) == "fused");
    CHECK(fused(function_of(DType::f64, {full, pattern}, affine)) == "fused");
  }
}

TEST_CASE("a value that is used outside, or is an output, ends its group") {
  Function f = function_of(DType::f64, {{50, 50}}, [](Operands x) {
    const Value shared = exp(sin(x[0]));
    return cos(shared * 2.0) + matmul(shared, x[0]);
  });
  CHECK(fused(f) == "fused matmul fused");

  Function g = unary_function({100}, [](Value x) { return cos(exp(x)); });
  g.outputs.push_back(g.outputs[0].node().inputs[0]);
  CHECK(fused(g) == "exp cos");
}

TEST_CASE("a group never reads what depends on its own result") {
  // exp(x) feeds the end of the group directly and through a product outside of it.
  const Function f = function_of(DType::f64, {{20, 20}}, [](Operands x) {
    const Value e = exp(x[0] * x[0]);
    return (e + 1.0) * sin(matmul(e, e));
  });
  CHECK(fused(f) == "fused matmul fused");
}

TEST_CASE("groups respect their limits") {
  const Function f = unary_function({100}, [](Value x) {
    for (int i = 0; i < 10; ++i) x = sin(x);
    return x;
  });
  CHECK(fused(f, {.max_instructions = 4}) == "fused fused fused");
  const Function wide = function_of(DType::f64, {{9}, {9}, {9}, {9}},
                                    [](Operands x) { return ((x[0] * x[1]) * x[2]) * x[3]; });
  CHECK(fused(wide, {.max_operands = 3}) == "mul fused");
}

TEST_CASE("an operand of the result's size but another type keeps the group apart") {
  // f64 [30, 1] has the bytes of f32 [30, 2], and an i64 those of an f64.
  const auto narrowed = [](Operands x) {
    return exp(cast(broadcast_to(x[0], {30, 2}), DType::f32) * 2.0);
  };
  CHECK(fused(function_of(DType::f64, {{30, 1}}, narrowed)) == "broadcast cast fused");
  const auto widened = [](Operands x) { return exp(cast(x[0], DType::f64) * 2.0); };
  CHECK(fused(function_of(DType::i64, {{3000}}, widened)) == "cast fused");
}

TEST_CASE("quotients of integers stay alone, since they check their data") {
  const auto quotient = [](Operands x) {
    const Value n = cast(x[0] * 10.0, DType::i64);
    const Value divisor = abs(n) + full_like(n, 1);
    return n / divisor;
  };
  CHECK(fused(function_of(DType::f32, {{100}}, quotient)) == "fused fused div");
}

TEST_CASE("a fused node is refused by derivative rules") {
  Function f = unary_function({10}, [](Value x) { return exp(sin(x)); });
  const Function result = passes::fuse(f);
  CHECK_THROWS_WITH_AS(autodiff::vjp(result.outputs, result.outputs, result.inputs),
                       "fused: fusion comes after differentiation", std::logic_error);
}

TEST_CASE("a fused node refuses operands and instructions that do not fit") {
  const TensorType full{DType::f64, {4, 5}}, column{DType::f64, {4, 1}}, other{DType::f64, {2, 5}};
  const FusedPointwise sum{{{Add{}, {0, 1}}}, full.shape};
  CHECK(sum.infer(std::array{full, column}) == full);
  CHECK_THROWS_AS(sum.infer(std::array{full, other}), ShapeError);
  const FusedPointwise forward_reference{{{Add{}, {0, 2}}}, full.shape};
  CHECK_THROWS_AS(forward_reference.infer(std::array{full, full}), ShapeError);
  CHECK_THROWS_AS((FusedPointwise{{}, full.shape}.infer(std::array{full})), ShapeError);
}

}  // namespace
}  // namespace palimpsest::testing
