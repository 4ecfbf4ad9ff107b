// The project's own kernels keep the promise of runs without allocation. Convolutions and
// matrix products are left out: oneDNN builds its table of arguments on the heap at each call.

#include <doctest/doctest.h>

#include "autodiff/autodiff.h"
#include "ops/cpu_kernels.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "ops/window/window.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"
#include "tests/support/allocations.h"

namespace palimpsest::testing {
namespace {

/// A step of descent on the squared gradient of a small network: pooling, reductions,
/// movements and elementwise chains, second order.
Function descent_step() {
  Function f;
  f.inputs = {f.graph->input({DType::f32, {2, 3, 8, 8}}, "x"),
              f.graph->input({DType::f32, {1, 3, 1, 1}}, "scale")};
  const Value x = f.inputs[0], scale = f.inputs[1];
  const Value y = permute(relu(x * scale), {0, 1, 3, 2});
  const auto halves = window_geometry(y.shape(), {2, 2}, {2, 2}, {1, 1}, {0, 0}, {0, 0});
  const Value features = reshape(window_sum(y, halves), {2, 48});
  const Value slices = concat({slice_axis(features, 1, 0, 20), exp(features)}, 1);
  const Value loss = sum_all(tanh(slices) * slices);
  const Value gradient = autodiff::gradient(loss, std::vector<Value>{scale}).front();
  const Value distance = inner(gradient, gradient);
  f.outputs = {x - autodiff::gradient(distance, std::vector<Value>{x}).front() * 0.01, distance};
  return f;
}

TEST_CASE("a compiled step of real kernels allocates nothing while it runs") {
  passes::PassLog log;
  const Function f = passes::optimize(descent_step(), runtime::evaluator(all_cpu_kernels()), log);
  for (const int threads : {1, 2}) {
    auto program =
        runtime::compile(f, all_cpu_kernels(), {.threads = threads, .feedback = {{0, 0}}});
    for (std::size_t i = 0; i < program.inputs(); ++i)
      program.set(i, Literal::filled(program.input_type(i), 0.05));
    program.run();
    const std::size_t before = allocations();
    for (int run = 0; run < 20; ++run) program.run();
    CHECK(allocations() == before);
  }
}

}  // namespace
}  // namespace palimpsest::testing
