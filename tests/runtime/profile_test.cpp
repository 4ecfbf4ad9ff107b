// Times of launches are taken when they are asked for, and only then.

#include <doctest/doctest.h>

#include <algorithm>

#include "runtime/compile.h"
#include "tests/runtime/toy_kernels.h"
#include "tests/support/allocations.h"

namespace palimpsest::testing {
namespace {

using runtime::compile;
using runtime::Profile;
using runtime::Program;

/// exp(x + x) and its sum, then x itself as a third result.
Function three_results() {
  Function f;
  const Value x = f.graph->input({DType::f32, {64, 64}}, "x");
  f.inputs = {x};
  const LabelScope label(*f.graph, "layer1 (Exp)");
  const Value y = exp(add(x, x));
  f.outputs = {y, reduce_sum(y), x};
  return f;
}

}  // namespace

TEST_CASE("a profile adds up the launches of the runs it is attached to") {
  Program program = compile(three_results(), toy_kernels());
  Profile profile;
  program.run();
  program.profile(&profile);
  REQUIRE(profile.launches.size() == program.steps().size());
  program.run();
  const Profile once = profile;
  program.run();
  program.profile(nullptr);
  program.run();
  CHECK(once.runs == 1);
  CHECK(profile.runs == 2);
  double end = 0;
  for (std::size_t i = 0; i < profile.launches.size(); ++i) {
    const runtime::LaunchTime &time = profile.launches[i], &before = once.launches[i];
    CHECK(before.wall == before.last);
    CHECK(time.wall == before.wall + time.last);
    CHECK(time.least == std::min(before.last, time.last));
    CHECK(time.cpu >= before.cpu);
    CHECK(time.begin >= end);
    end = time.begin + time.last;
  }
  CHECK(end > 0);
}

TEST_CASE("runs allocate nothing, with a profile or without") {
  Program program = compile(three_results(), toy_kernels());
  Profile profile;
  for (Profile* into : {static_cast<Profile*>(nullptr), &profile}) {
    program.profile(into);
    const std::size_t before = allocations();
    for (int run = 0; run < 5; ++run) program.run();
    CHECK(allocations() == before);
  }
  CHECK(profile.runs == 5);
}

TEST_CASE("a step says what it reads, how much, and which steps made it") {
  const Program program = compile(three_results(), toy_kernels());
  const std::vector<runtime::StepInfo> steps = program.steps();
  REQUIRE(steps.size() == 4);
  constexpr std::size_t bytes = 64 * 64 * sizeof(float);
  CHECK(steps[0].primitive == "add");
  CHECK(steps[0].inputs.size() == 2);
  CHECK(steps[0].bytes_read == bytes);  // x, once
  CHECK(steps[0].producers.empty());
  CHECK(steps[1].producers == std::vector<std::size_t>{0});
  CHECK(steps[2].primitive == "reduce_sum");
  CHECK(steps[2].producers == std::vector<std::size_t>{1});
  CHECK(steps[2].op->as<ReduceSum>());
  CHECK(steps[3].primitive == "copy");
  CHECK_FALSE(steps[3].op);
  CHECK(steps[3].bytes_read == bytes);
}

}  // namespace palimpsest::testing
