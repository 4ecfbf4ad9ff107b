// Reductions and what is made of them as one launch: when that is formed, and that it keeps
// every bit.

#include "autodiff/autodiff.h"
#include "ops/fused/rows.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/nn/activation.h"
#include "ops/nn/norm.h"
#include "ops/nn/softmax.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "tests/passes/fused_programs.h"

namespace palimpsest::testing {
namespace {

constexpr DType floats[] = {DType::f32, DType::f64};

/// Rows shorter and longer than a tile, few and many, that fill no vector and no tile.
const Shape row_shapes[] = {{1, 2},     {5, 7},        {1182, 197}, {197, 384},
                            {7, 1023},  {3, 1024},     {3, 1025},   {2, 8192},
                            {1, 40'00}, {2, 3, 5, 97}, {9000, 3},   {33, 16, 65}};

std::size_t launches_of(const Function& f) {
  return runtime::compile(f, all_cpu_kernels()).steps().size();
}

TEST_CASE("softmax is one launch with the same bits") {
  for (const DType dtype : floats)
    for (const Shape& shape : row_shapes) {
      CAPTURE(shape);
      const auto softmax = [](Operands x) { return nn::softmax(x[0] * 0.3, -1); };
      CHECK(fused(function_of(dtype, {shape}, softmax)) == "fused_rows");
    }
}

TEST_CASE("layer normalisation is one launch with the same bits, with its residual sum too") {
  for (const DType dtype : floats)
    for (const Shape& shape : row_shapes) {
      CAPTURE(shape);
      const Shape features = ones_shape(shape.rank()).with(shape.rank() - 1, shape[-1]);
      Function f = function_of(dtype, {shape, shape, features, features}, [](Operands x) {
        return nn::layer_norm(x[0] + x[1], x[2], x[3], -1, 1e-5);
      });
      CHECK(fused(f) == "fused_rows");
      f.outputs.push_back(f.graph->add(Add{}, {f.inputs[0], f.inputs[1]}));
      CHECK(fused(f) == "fused_rows part part");
    }
}

TEST_CASE("normalisation over several axes, and of groups, is one launch") {
  const auto instance = [](Operands x) { return nn::instance_norm(x[0], x[1], x[2], 1e-5); };
  CHECK(launches_of(passes::without_dead_nodes(
            passes::fuse(function_of(DType::f32, {{2, 5, 9, 7}, {5}, {5}}, instance)))) == 1);
  fused(function_of(DType::f32, {{2, 5, 9, 7}, {5}, {5}}, instance));
}

TEST_CASE("rows that are too long, or whose elements lie apart, go the old way") {
  const auto along = [](int axis) {
    return [axis](Operands x) { return nn::softmax(x[0], axis); };
  };
  CHECK(fused(function_of(DType::f32, {{2, 8193}}, along(1))).find("rows") == std::string::npos);
  CHECK(fused(function_of(DType::f32, {{50, 9}}, along(0))).find("rows") == std::string::npos);
}

/// The gradient of x -> <loss gradient, direction>, as gradient matching takes it.
Function second_order(DType dtype, const std::vector<Shape>& shapes,
                      const std::function<Value(Operands)>& loss) {
  Function f;
  for (const Shape& shape : shapes) f.inputs.push_back(f.graph->input({dtype, shape}, "x"));
  const Value first = autodiff::gradient(loss(f.inputs), std::vector{f.inputs[0]}).front();
  const Value matched = inner(first, sin(f.inputs[0]) + first * 0.25);
  f.outputs = autodiff::gradient(matched, std::vector{f.inputs[0], f.inputs[1]});
  f.outputs.push_back(first);
  return f;
}

TEST_CASE("second-order programs of softmax and normalisations keep every bit") {
  const Shape rows{37, 197};
  const auto attention = [](Operands x) {
    return inner(tanh(nn::softmax(x[0] * x[1], 1)), cos(x[1]));
  };
  const auto layer = [](Operands x) {
    const Value y = nn::layer_norm(x[0] + x[1], sin(x[1]), {}, 1, 1e-5);
    return inner(nn::gelu(y, nn::GeluForm::exact), x[1]);
  };
  const auto batch = [](Operands x) {
    const nn::Statistics s = nn::batch_statistics(x[0]);
    const Value weight = reduce_sum(x[1], {0, 2, 3}), vector = reshape(weight, {x[0].shape()[1]});
    const Value y = nn::batch_norm(x[0], vector, vector, s.mean, s.variance, 1e-5);
    return inner(relu(y), x[1]);
  };
  for (const DType dtype : floats) {
    const std::string softmax = fused(second_order(dtype, {rows, rows}, attention));
    CHECK(softmax.find("fused_rows") != std::string::npos);
    CHECK(softmax.find("reduce_max") == std::string::npos);
    CHECK(fused(second_order(dtype, {rows, rows}, layer)).find("fused_rows") != std::string::npos);
    const Shape images{3, 16, 7, 9};
    fused(second_order(dtype, {images, images}, batch));
  }
}

TEST_CASE("softmax's adjoint waits for nothing but its cotangent") {
  // What the second product reads comes of the probabilities, what the adjoint reads of it.
  const Function f = function_of(DType::f64, {{60, 60}}, [](Operands x) {
    const Value p = nn::softmax(x[0], 1), cotangent = matmul(p, x[0]);
    return p * (cotangent - reduce_sum(p * cotangent, {1}));
  });
  CHECK(fused(f) == "fused_rows matmul fused_rows");
}

TEST_CASE("a chain does not lie on a packed tensor of which it reads a piece") {
  // Two f32 results behind each other have the bytes of one f64 tensor of their shape.
  const Function f = function_of(DType::f32, {{16, 32}, {32, 32}}, [](Operands x) {
    const Value centred = x[0] - reduce_sum(x[0], {1}), scaled = exp(centred);
    const Value product = matmul(scaled, x[1]);
    const Value wide = cast(centred + product, DType::f64);
    return exp(wide * 0.1) + cast(matmul(centred, x[1]), DType::f64);
  });
  CHECK(fused(f).find("part part") != std::string::npos);
}

TEST_CASE("results of one launch may all be outputs, of full and of kept shape") {
  Function f = function_of(DType::f32, {{41, 130}}, [](Operands x) {
    const Value mean = reduce_sum(x[0], {1}) / 130.0;
    return exp(x[0] - mean);
  });
  const Value mean = f.outputs[0].node().inputs[0].node().inputs[1].node().inputs[0];
  f.outputs.push_back(mean);
  f.outputs.push_back(f.outputs[0]);
  CHECK(fused(f) == "fused_rows part part");
}

TEST_CASE("a cheap value of what is kept anyway is computed where it is read") {
  // -2 x is read by two groups that a product keeps apart; x is an input.
  const Function f = function_of(DType::f64, {{50, 50}}, [](Operands x) {
    const Value scaled = -(x[0] * 2.0);
    const Value first = exp(scaled);
    return sin(scaled) * matmul(first, x[0]);
  });
  CHECK(fused(f) == "fused matmul fused");
}

TEST_CASE("FusedRows refuses what does not fit") {
  const TensorType full{DType::f64, {4, 5}}, kept{DType::f64, {4, 1}};
  const FusedInstruction sum{ReduceSum{{1}}, {0}}, minus{Sub{}, {0, 1}};
  const auto infer = [](FusedRows op, std::vector<TensorType> in) { return op.infer(in); };
  CHECK(infer({{sum}, {1}, full.shape, {1}}, {full}) == kept);
  CHECK(infer({{sum, minus}, {2}, full.shape, {1}}, {full}) == full);
  // 4 f64 numbers end within a line of 64 bytes, 20 within three.
  CHECK(infer({{sum, minus}, {1, 2}, full.shape, {1}}, {full}) == TensorType{DType::f64, {32}});
  CHECK_THROWS_AS(infer({{sum, minus}, {}, full.shape, {1}}, {full}), ShapeError);
  CHECK_THROWS_AS(infer({{sum, minus}, {0}, full.shape, {1}}, {full}), ShapeError);
  CHECK_THROWS_AS(infer({{sum, minus}, {3}, full.shape, {1}}, {full}), ShapeError);
  CHECK_THROWS_AS(infer({{sum}, {1}, full.shape, {0}}, {full}), ShapeError);
  CHECK_THROWS_AS(infer({{{ReduceSum{{1}}, {1}}}, {2}, full.shape, {1}}, {full, kept}), ShapeError);
  CHECK_THROWS_AS(infer({{sum}, {1}, full.shape, {1}}, {{DType::f64, {2, 5}}}), ShapeError);
  CHECK_THROWS_AS((Part{18, {3}}.infer(std::array{full})), ShapeError);
  CHECK((Part{17, {3}}.infer(std::array{full})) == TensorType{DType::f64, {3}});
}

}  // namespace
}  // namespace palimpsest::testing
