// Fused reductions: when they are formed, and that they keep every bit.

#include "ops/fused/fused.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/nn/softmax.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "passes/pipeline.h"
#include "tests/passes/fused_programs.h"

namespace palimpsest::testing {
namespace {

struct Arrangement {
  Shape shape;
  std::vector<int> axes;
};

/// Short and long, kept and reduced axes in all orders, in one block and several, and empty.
const Arrangement arrangements[] = {
    {{1}, {0}},
    {{5}, {0}},
    {{1024}, {0}},
    {{100'003}, {0}},
    {{4, 50'001}, {1}},
    {{4, 1500}, {1}},
    {{3000, 7}, {1}},
    {{300, 49}, {1}},
    {{3, 1024}, {1}},
    {{3000, 7}, {0}},
    {{5000, 64}, {0}},
    {{300, 517}, {0}},
    {{40, 2100}, {0}},
    {{8, 5, 30, 31}, {0, 2, 3}},
    {{2, 9, 9, 96}, {0, 1, 2}},
    {{6, 40, 9}, {1}},
    {{2, 3, 4, 5, 6}, {1, 3}},
    {{2, 3, 4, 5, 6}, {0, 2, 4}},
    {{3, 0, 4}, {1}},
    {{3, 0, 4}, {2}},
};

TEST_CASE("a chain that ends in a reduction is one node with the same bits, along any axes") {
  for (const Arrangement& each : arrangements)
    for (const DType dtype : {DType::f32, DType::f64}) {
      CAPTURE(each.shape);
      CAPTURE(dtype);
      const auto add = [&](auto reduction) {
        return function_of(dtype, {each.shape, each.shape}, [&](Operands x) {
          return x[0].graph().add(reduction, {exp(x[0]) * x[1] - x[0]});
        });
      };
      CHECK(fused(add(ReduceSum{each.axes})) == "fused_reduction");
      CHECK(fused(add(ReduceMax{each.axes})) == "fused_reduction");
    }
}

TEST_CASE("integers reduce at the end of a chain too") {
  const auto count = [](Operands x) {
    return reduce_sum(cast(less(x[0], x[1]), DType::i64) * cast(x[0] * 100.0, DType::i64), {0});
  };
  CHECK(fused(function_of(DType::f32, {{700, 33}, {700, 33}}, count)) == "fused_reduction");
}

TEST_CASE("broadcasts of every pattern are reduced in place of being written out") {
  const Shape full{3, 4, 5, 70};
  for (const Shape& pattern : {Shape{1, 1, 1, 1}, Shape{1, 4, 1, 1}, Shape{3, 1, 5, 1},
                               Shape{1, 4, 5, 70}, Shape{1, 1, 1, 70}, Shape{3, 4, 1, 70}})
    for (const std::vector<int>& axes :
         {std::vector{0, 2, 3}, std::vector{0, 1, 2}, std::vector{3}, std::vector{0, 1, 2, 3}}) {
      CAPTURE(pattern);
      const auto weighted = [&](Operands x) {
        return reduce_sum(x[0] * broadcast_to(x[1], full), axes);
      };
      CHECK(fused(function_of(DType::f32, {full, pattern}, weighted)) == "fused_reduction");
    }
}

TEST_CASE("reductions that read the same tensor become one node") {
  for (const Arrangement& each : arrangements) {
    CAPTURE(each.shape);
    Function f = function_of(DType::f32, {each.shape, each.shape}, [&](Operands x) {
      const Value a = cast(x[0], DType::f64);
      return x[0].graph().add(ReduceSum{each.axes}, {a * a});
    });
    const Value a = cast(f.inputs[0], DType::f64), b = cast(f.inputs[1], DType::f64);
    f.outputs.push_back(f.graph->add(ReduceSum{each.axes}, {a * b}));
    f.outputs.push_back(f.graph->add(ReduceMax{each.axes}, {a}));
    const std::string primitives = fused(f);
    if (each.shape.elements() == 0) continue;  // nothing is read twice
    CHECK(primitives.starts_with("fused_reduction part"));
    CHECK(primitives.find("fused_reduction", 1) == std::string::npos);
  }
}

TEST_CASE("a reduction that needs another one stays apart from it where rows are no rows") {
  const auto variance = [](Operands x) {
    const Value centred = x[0] - broadcast_to(reduce_sum(x[0], {0}) / 300.0, x[0].shape());
    return reduce_sum(centred * centred, {0});
  };
  CHECK(fused(function_of(DType::f64, {{300, 20}}, variance)) ==
        "reduce_sum fused fused_reduction");
}

TEST_CASE("no two groups of reductions wait for each other") {
  // Sums of x and of y, two each: the second of y needs the first of x, and the other way round.
  Function f = function_of(DType::f64, {{50, 50}, {60, 60}}, [](Operands x) {
    const Value first_x = sum_all(exp(x[0])), first_y = sum_all(exp(x[1]));
    const Value second_x = sum_all(sin(x[0] * broadcast_to(first_y, x[0].shape())));
    const Value second_y = sum_all(sin(x[1] * broadcast_to(first_x, x[1].shape())));
    return second_x + second_y;
  });
  CHECK(fused(f).find("fused_reduction") != std::string::npos);
}

TEST_CASE("a merged reduction waits for all that it reads") {
  // The first sum could run before the product of which the second is made.
  Function f = function_of(DType::f64, {{40, 40}}, [](Operands x) {
    const Value first = sum_all(x[0] * x[0]);
    const Value product = matmul(x[0], x[0]);
    return first * sum_all(product) + sum_all(product * x[0]);
  });
  CHECK(fused(f).find("part") != std::string::npos);
}

TEST_CASE("a reduced value that is used elsewhere is written out once and read") {
  Function f = function_of(DType::f64, {{100, 30}}, [](Operands x) {
    const Value e = exp(x[0]);
    return reduce_sum(e * e, {1}) + reduce_sum(matmul(e, permute(e, {1, 0})), {1});
  });
  CHECK(fused(f) == "exp permute matmul reduce_sum fused_reduction add");
}

TEST_CASE("sums of f32 tensors in f64 write no f64 tensor, and copy no constant to f64") {
  constexpr std::int64_t count = 1 << 20;
  Function f = function_of(DType::f32, {{count}}, [](Operands x) {
    const Value b = x[0].graph().constant(sample(x[0].type(), 1));
    return inner(cast(x[0], DType::f64), cast(b, DType::f64));
  });
  passes::PassLog log;
  const Function optimized = passes::optimize(f, runtime::evaluator(all_cpu_kernels()), log);
  const runtime::MemoryReport memory = runtime::plan_memory(optimized, all_cpu_kernels());
  CHECK(memory.arena < 100'000);
  CHECK(memory.constants == count * sizeof(float));
}

TEST_CASE("softmax and its derivative reduce without writing what they reduce") {
  const Function f = function_of(DType::f32, {{64, 100}, {64, 100}}, [](Operands x) {
    const Value y = nn::softmax(x[0], 1);
    return y * (x[1] - broadcast_to(reduce_sum(x[1] * y, {1}), y.shape()));
  });
  CHECK(fused(f).find("mul reduce_sum") == std::string::npos);
}

TEST_CASE("a fused reduction refuses what does not fit together") {
  using Instruction = FusedInstruction;
  const TensorType full{DType::f64, {4, 5}};
  const Instruction sum{ReduceSum{{1}}, {0}}, max{ReduceMax{{1}}, {1}};
  const auto infer = [&](FusedReduction op, std::vector<TensorType> in) { return op.infer(in); };
  CHECK(infer({{}, {sum, max}, full.shape}, {full, full}) == TensorType{DType::f64, {2, 4, 1}});
  CHECK(infer({{{Neg{}, {0}}}, {max}, full.shape}, {full}) == TensorType{DType::f64, {4, 1}});
  CHECK_THROWS_AS(infer({{}, {}, full.shape}, {full}), ShapeError);
  CHECK_THROWS_AS(infer({{}, {max}, full.shape}, {full}), ShapeError);
  CHECK_THROWS_AS(infer({{}, {sum, {ReduceMax{{0}}, {0}}}, full.shape}, {full}), ShapeError);
  CHECK_THROWS_AS(infer({{}, {{Neg{}, {0}}}, full.shape}, {full}), ShapeError);
  CHECK_THROWS_AS(infer({{}, {sum, max}, full.shape}, {full, {DType::f32, full.shape}}),
                  ShapeError);
  CHECK_THROWS_AS(infer({{}, std::vector(9, sum), full.shape}, {full}), ShapeError);
}

}  // namespace
}  // namespace palimpsest::testing
