#pragma once
// Functions through the pass `fuse`, held against themselves unfused.

#include "passes/dead_code.h"
#include "passes/fuse.h"
#include "runtime/compile.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {

inline std::vector<Literal> run_program(const Function& f, int threads) {
  auto program = runtime::compile(f, all_cpu_kernels(), {.threads = threads});
  const auto inputs = samples_for(f);
  for (std::size_t i = 0; i < inputs.size(); ++i) program.set(i, inputs[i]);
  program.run();
  std::vector<Literal> outputs;
  for (std::size_t i = 0; i < program.outputs(); ++i) outputs.push_back(program.get(i));
  return outputs;
}

/// Fuses, and checks that fused programs have the bits of the unfused one, in place or not.
/// Returns the primitives left.
inline std::string fused(const Function& f, passes::FuseLimits limits = {}) {
  const Function result = passes::without_dead_nodes(passes::fuse(f, limits));
  const auto expected = evaluated(f, samples_for(f));
  CHECK(run_program(result, 1) == expected);
  CHECK(run_program(result, 2) == expected);
  CHECK(run_program(result, 3) == expected);
  CHECK(evaluated(result, samples_for(f)) == expected);
  return primitives_of(result);
}

inline Function function_of(DType dtype, std::vector<Shape> shapes,
                            const std::function<Value(Operands)>& f) {
  Function function;
  for (Shape& shape : shapes)
    function.inputs.push_back(function.graph->input({dtype, std::move(shape)}, "x"));
  function.outputs = {f(function.inputs)};
  return function;
}

}  // namespace palimpsest::testing
