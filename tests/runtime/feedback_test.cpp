// State that a program hands to its own next run.

#include <doctest/doctest.h>

#include "runtime/compile.h"
#include "tests/runtime/toy_kernels.h"

namespace palimpsest::testing {
namespace {

using runtime::compile;
using runtime::Program;

constexpr std::int64_t extent = 4;

Value input(Function& f, std::string label) {
  f.inputs.push_back(f.graph->input({DType::f32, {extent}}, std::move(label)));
  return f.inputs.back();
}

Literal filled(double value) { return Literal::filled({DType::f32, {extent}}, value); }

TEST_CASE("state that is fed back advances with every run") {
  Function f;
  const Value x = input(f, "x");
  f.outputs = {x + 1.0};
  Program program = compile(f, toy_kernels(), {.feedback = {{0, 0}}});
  program.set(0, filled(5));
  for (int run = 1; run <= 5; ++run) {
    program.run();
    CHECK(program.get(0) == filled(5 + run));
  }
  program.set(0, filled(-1));
  program.run();
  CHECK(program.get(0) == filled(0));
}

TEST_CASE("a fed-back output is the memory of the next run's input") {
  Function f;
  f.outputs = {neg(input(f, "x"))};
  Program program = compile(f, toy_kernels(), {.feedback = {{0, 0}}});
  program.set(0, filled(3));
  CHECK(program.get(0) == filled(3));  // before any run: the state as it was set
  program.run();
  CHECK(program.output(0).data() == program.input(0).data());
}

TEST_CASE("an output that is fed back can be read by other nodes and be listed twice") {
  Function f;
  const Value x = input(f, "x"), s = input(f, "s");
  const Value next = x + 1.0;
  f.outputs = {next, s + next, next, neg(next)};
  Program program = compile(f, toy_kernels(), {.feedback = {{0, 0}, {1, 1}}});
  program.set(0, filled(0));
  program.set(1, filled(0));
  double sum = 0;
  for (int run = 1; run <= 4; ++run) {
    program.run();
    sum += run;
    CHECK(program.get(0) == filled(run));
    CHECK(program.get(1) == filled(sum));
    CHECK(program.get(2) == filled(run));
    CHECK(program.get(3) == filled(-run));
  }
}

TEST_CASE("inputs that change places each run do so at once") {
  Function f;
  const Value a = input(f, "a"), b = input(f, "b");
  f.outputs = {b, a};
  Program program = compile(f, toy_kernels(), {.feedback = {{0, 0}, {1, 1}}});
  program.set(0, filled(1));
  program.set(1, filled(2));
  for (int run = 0; run < 3; ++run) {
    program.run();
    CHECK(program.get(0) == filled(run % 2 == 0 ? 2 : 1));
    CHECK(program.get(1) == filled(run % 2 == 0 ? 1 : 2));
  }
}

TEST_CASE("feedback between different types, twice, or out of range is refused") {
  Function f;
  const Value x = input(f, "x");
  f.outputs = {reduce_sum(x), neg(x)};
  const auto with = [&](std::vector<std::pair<std::size_t, std::size_t>> feedback) {
    compile(f, toy_kernels(), {.feedback = std::move(feedback)});
  };
  CHECK_THROWS_WITH_AS(with({{0, 0}}),
                       "compile: feedback from output 0 to input 0: f32[4] expected, f32[1] came",
                       ShapeError);
  CHECK_THROWS_AS(with({{1, 0}, {1, 0}}), InputError);
  CHECK_THROWS_AS(with({{2, 0}}), InputError);
  CHECK_NOTHROW(with({{1, 0}}));
}

}  // namespace
}  // namespace palimpsest::testing
