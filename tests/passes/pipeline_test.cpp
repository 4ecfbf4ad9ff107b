// Binding of inputs, and the passes in sequence.

#include <doctest/doctest.h>

#include "autodiff/autodiff.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/nn/activation.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "passes/bind.h"
#include "passes/dead_code.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {
namespace {

/// The matching gradient of a two-layer network: second order, every family of rewriting.
Function matching_gradient() {
  Function f;
  const auto input = [&](Shape shape, std::string label) {
    f.inputs.push_back(f.graph->input({DType::f64, std::move(shape)}, std::move(label)));
    return f.inputs.back();
  };
  const Value x = input({4, 6}, "x"), w1 = input({5, 6}, "w1"), w2 = input({3, 5}, "w2");
  const Value hidden = relu(matmul(x, w1, {.transpose_b = true}));
  const Value logits = tanh(matmul(hidden, swap_axes(w2, 0, 1)));
  const auto gradients =
      autodiff::gradient(sum_all(pow(logits, full_like(logits, 2))), std::vector<Value>{w1, w2});
  const Value distance = sum_all(gradients[0] * gradients[0]) + inner(gradients[1], gradients[1]);
  f.outputs = {autodiff::gradient(distance, std::vector<Value>{x}).front(), distance};
  return f;
}

std::uint32_t nodes_of(const Function& f) { return passes::without_dead_nodes(f).graph->size(); }

TEST_CASE("optimising keeps the values and lowers the number of nodes") {
  const Function f = matching_gradient();
  passes::PassLog log;
  const Function better = passes::optimize(f, runtime::evaluator(all_cpu_kernels()), log);
  check_equal_results(f, better);
  CHECK(nodes_of(better) < nodes_of(f));
  REQUIRE(log.size() >= 4);
  CHECK(log.front().name == "without_dead_nodes");
  CHECK(log.front().nodes_before == log.front().nodes_after);
  CHECK(log.back().nodes_after == nodes_of(better));
}

TEST_CASE("optimising an optimised function changes nothing") {
  passes::PassLog log;
  const auto evaluate = runtime::evaluator(all_cpu_kernels());
  const Function once = passes::optimize(matching_gradient(), evaluate, log);
  const Function twice = passes::optimize(once, evaluate, log);
  CHECK(primitives_of(once) == primitives_of(twice));
}

TEST_CASE("a pass that changes a type or breaks the graph is named") {
  const Function f = unary_function({3}, [](Value x) { return exp(x); });
  passes::PassLog log;
  const passes::Pass wrong = [](const Function& source) {
    return rebuilt(source, [](Graph&, const Node&, std::vector<Value> operands) {
      return cast(operands[0], DType::f32);
    });
  };
  CHECK_THROWS_WITH_AS(passes::run("shorten", wrong, f, log),
                       "pass shorten: the types of inputs or outputs changed", std::logic_error);
  CHECK(log.empty());
}

TEST_CASE("dead nodes go and inputs stay") {
  Function f = unary_function({3}, [](Value x) { return exp(x); });
  sin(f.inputs[0]);
  const Function live = passes::without_dead_nodes(f);
  CHECK(primitives_of(live) == "exp");
  CHECK(live.graph->size() == 2);
  CHECK(live.inputs.size() == 1);
}

TEST_CASE("bound inputs become constants and the others keep their order") {
  Function f;
  for (int i = 0; i < 3; ++i)
    f.inputs.push_back(f.graph->input({DType::f64, {2}}, text("input", i)));
  f.outputs = {f.inputs[0] - f.inputs[1] * f.inputs[2]};
  const auto samples = samples_for(f);
  const std::pair<std::size_t, Literal> middle[] = {{1, samples[1]}};
  const Function bound = passes::bind(f, middle);
  REQUIRE(bound.inputs.size() == 2);
  CHECK(bound.inputs[1].node().op.as<Input>()->label == "input2");
  CHECK(evaluated(bound, {samples[0], samples[2]})[0] == evaluated(f, samples)[0]);
}

TEST_CASE("bound data is shared, not copied") {
  const Function f = unary_function({2}, [](Value x) { return exp(x); });
  const std::pair<std::size_t, Literal> all[] = {{0, sample({DType::f64, {2}})}};
  const Function bound = passes::bind(f, all);
  CHECK(constant_of(bound.outputs[0].node().inputs[0])->bytes() == all[0].second.bytes());
}

TEST_CASE("binding what does not exist, twice, or with another type is refused") {
  const Function f = unary_function({2}, [](Value x) { return exp(x); });
  const auto with = [&](std::vector<std::pair<std::size_t, Literal>> values) {
    passes::bind(f, values);
  };
  const Literal right = sample({DType::f64, {2}});
  CHECK_THROWS_AS(with({{1, right}}), InputError);
  CHECK_THROWS_AS(with({{0, right}, {0, right}}), InputError);
  CHECK_THROWS_AS(with({{0, sample({DType::f32, {2}})}}), ShapeError);
}

TEST_CASE("a compiled optimised function has the same bits on every run, at two threads") {
  passes::PassLog log;
  const Function f = matching_gradient();
  const Function better = passes::optimize(f, runtime::evaluator(all_cpu_kernels()), log);
  auto program = runtime::compile(better, all_cpu_kernels(), {.threads = 2});
  const auto inputs = samples_for(f);
  for (std::size_t i = 0; i < inputs.size(); ++i) program.set(i, inputs[i]);
  program.run();
  const Literal first = program.get(0);
  for (int run = 1; run < 10; ++run) {
    program.run();
    CHECK(program.get(0) == first);
  }
}

}  // namespace
}  // namespace palimpsest::testing
