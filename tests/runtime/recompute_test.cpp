// Repeated launches instead of memory.

#include "runtime/recompute.h"

#include <doctest/doctest.h>

#include "runtime/compile.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"

namespace palimpsest::testing {
namespace {

using runtime::compile;
using runtime::MemoryReport;
using runtime::Program;
using small_models::kernels;

Literal result_of(Program& program) {
  program.set(0, small_models::uniform(program.input_type(0), 3));
  program.run();
  program.run();
  return program.get(0);
}

/// The budget that leaves this share of the arena.
std::size_t budget(const MemoryReport& memory, double share) {
  return memory.constants + memory.io +
         static_cast<std::size_t>(share * static_cast<double>(memory.arena));
}

Function iteration_of(const std::string& name, Model& model) {
  model = test::golden_model(name);
  return test::matching_iteration(model, {.distance = inversion::DistanceKind::cosine});
}

}  // namespace

TEST_CASE("a program that repeats launches to fit its budget has the same bits") {
  for (const std::string name : {"resnet18", "resnet50", "mobilenet_v2", "densenet121"}) {
    CAPTURE(name);
    Model model;
    const Function iteration = iteration_of(name, model);
    Program whole = compile(iteration, kernels());
    const MemoryReport memory = whole.memory();
    CHECK(memory.repeated_launches == 0);
    const Literal expected = result_of(whole);
    for (const double share : {0.95, 0.8}) {
      CAPTURE(share);
      const std::size_t limit = budget(memory, share);
      Program tight = compile(iteration, kernels(), {.max_memory = limit});
      CHECK(tight.memory().total() <= limit);
      CHECK(tight.memory().repeated_launches > 0);
      CHECK(tight.steps().size() == whole.steps().size() + tight.memory().repeated_launches);
      CHECK(result_of(tight) == expected);
    }
  }
}

TEST_CASE("nothing is repeated where the budget suffices") {
  Model model;
  const Function iteration = iteration_of("resnet18", model);
  const MemoryReport memory = runtime::plan_memory(iteration, kernels());
  const Program program = compile(iteration, kernels(), {.max_memory = memory.total()});
  CHECK(program.memory().repeated_launches == 0);
}

TEST_CASE("a budget that repetitions cannot reach is refused") {
  Model model;
  const Function iteration = iteration_of("resnet18", model);
  const MemoryReport memory = runtime::plan_memory(iteration, kernels());
  CHECK_THROWS_AS(compile(iteration, kernels(), {.max_memory = budget(memory, 0.05)}),
                  ResourceError);
}

}  // namespace palimpsest::testing
