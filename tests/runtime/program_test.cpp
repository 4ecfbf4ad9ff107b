// Programs against plain evaluation, and the memory they use.

#include <doctest/doctest.h>

#include "runtime/compile.h"
#include "runtime/evaluate.h"
#include "tests/runtime/toy_kernels.h"
#include "tests/support/allocations.h"

namespace palimpsest::testing {
namespace {

using runtime::compile;
using runtime::CompileOptions;
using runtime::Program;

TensorType f32(Shape shape) { return {DType::f32, std::move(shape)}; }

Literal ramp(Shape shape, float start = 1) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = start + static_cast<float>(i);
  return Literal::of<float>(std::move(shape), values);
}

std::vector<Literal> outputs_of(Program& program, std::span<const Literal> inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) program.set(i, inputs[i]);
  program.run();
  std::vector<Literal> outputs;
  for (std::size_t i = 0; i < program.outputs(); ++i) outputs.push_back(program.get(i));
  return outputs;
}

/// A chain with reuse, a view and a reduction: y0 = exp(-(x + x)) * x reshaped, y1 = sum(y0).
Function mixed_function() {
  Function f;
  const Value x = f.graph->input(f32({2, 3}), "x");
  f.inputs = {x};
  const Value doubled = add(x, x);
  const Value y = reshape(mul(exp(neg(doubled)), x), {3, 2});
  f.outputs = {y, reduce_sum(y)};
  return f;
}

/// A long chain of tensors of `bytes` each, of which two live at a time.
Function chain(std::int64_t elements, int length) {
  Function f;
  f.inputs = {f.graph->input(f32({elements}), "x")};
  Value y = f.inputs[0];
  for (int i = 0; i < length; ++i) y = exp(y);
  f.outputs = {y};
  return f;
}

TEST_CASE("a program computes what plain evaluation computes, run after run") {
  const Function f = mixed_function();
  Program program = compile(f, toy_kernels());
  for (const float start : {1.0F, -2.0F, 0.25F}) {
    const std::vector<Literal> inputs{ramp({2, 3}, start)};
    const auto expected = runtime::evaluate(f, inputs, toy_kernels());
    const auto computed = outputs_of(program, inputs);
    REQUIRE(computed.size() == 2);
    CHECK(computed[0] == expected[0]);
    CHECK(computed[1] == expected[1]);
  }
}

TEST_CASE("a program outlives its function") {
  auto f = std::make_unique<Function>();
  f->inputs = {f->graph->input(f32({4}), "x")};
  f->outputs = {add(f->inputs[0], f->graph->constant(ramp({4})))};
  Program program = compile(*f, toy_kernels());
  f.reset();
  CHECK(outputs_of(program, std::array{ramp({4})})[0] ==
        Literal::of<float>({4}, std::vector<float>{2, 4, 6, 8}));
}

TEST_CASE("outputs that are inputs, constants, duplicates or views of them are all delivered") {
  Function f;
  const Value x = f.graph->input(f32({2, 2}), "x");
  f.inputs = {x};
  const Value c = f.graph->constant(ramp({4}, 10));
  const Value y = neg(x);
  f.outputs = {x, reshape(x, {4}), c, y, y, reshape(y, {4, 1})};
  Program program = compile(f, toy_kernels());
  const std::vector<Literal> inputs{ramp({2, 2})};
  const auto expected = runtime::evaluate(f, inputs, toy_kernels());
  const auto computed = outputs_of(program, inputs);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(computed[i] == expected[i]);
  }
}

TEST_CASE("a result computed in place never destroys what is still needed") {
  Function f;
  const Value x = f.graph->input(f32({8}), "x");
  f.inputs = {x};
  const Value a = exp(x);
  const Value b = neg(a);  // a is read again below, so b needs memory of its own
  const Value c = neg(b);
  f.outputs = {sub(add(c, a), x), reduce_sum(x)};
  Program program = compile(f, toy_kernels());
  const std::vector<Literal> inputs{ramp({8}, -3)};
  CHECK(outputs_of(program, inputs)[0] == runtime::evaluate(f, inputs, toy_kernels())[0]);
  CHECK(program.get(1) == Literal::scalar(4.0F).reshaped({1}));
}

TEST_CASE("memory taken over in place stays reserved for as long as its last owner lives") {
  Function f;
  const Value x = f.graph->input(f32({64}), "x");
  f.inputs = {x};
  const Value held = neg(exp(x));  // lies where exp(x) lay, and is read at the very end
  Value y = exp(held);
  for (int i = 0; i < 3; ++i) y = sub(exp(y), y);
  f.outputs = {sub(y, held)};
  Program program = compile(f, toy_kernels());
  const std::vector<Literal> inputs{Literal::filled(f32({64}), -0.5)};
  CHECK(outputs_of(program, inputs)[0] == runtime::evaluate(f, inputs, toy_kernels())[0]);
}

TEST_CASE("in-place results and views take no memory of their own") {
  Function f;
  const Value x = f.graph->input(f32({1024}), "x");
  f.inputs = {x};
  Value y = exp(x);
  for (int i = 0; i < 10; ++i) y = neg(add(reshape(neg(y), {1024}), y));
  f.outputs = {exp(y)};
  // y and -y live together, nothing else does.
  CHECK(compile(f, toy_kernels()).memory().arena == 2 * 1024 * sizeof(float));
}

TEST_CASE("a chain needs memory for two tensors, whatever its length") {
  const auto memory = compile(chain(1000, 20), toy_kernels()).memory();
  CHECK(memory.arena == 2 * 4032);  // 4000 bytes, up to the next multiple of 64
  CHECK(memory.io == 2 * 4000);
  CHECK(memory.constants == 0);
}

TEST_CASE("the order of the launches is chosen to lower the peak") {
  Function f;
  const Value x = f.graph->input(f32({1}), "x");
  f.inputs = {x};
  std::vector<Value> wide;  // as written, all eight live at once
  for (int i = 0; i < 8; ++i)
    wide.push_back(broadcast_to(x * static_cast<double>(i + 2), Shape{4096}));
  Value sum = full(*f.graph, f32({1}), 0);
  for (const Value tensor : wide) sum = add(sum, reduce_sum(exp(tensor)));
  f.outputs = {sum};
  const auto memory = compile(f, toy_kernels()).memory();
  CHECK(memory.arena < 3 * 4096 * sizeof(float));
}

TEST_CASE("running a program allocates nothing") {
  Function f = mixed_function();
  f.outputs.push_back(f.outputs[0]);
  f.outputs.push_back(f.graph->add(Weighted{}, {f.inputs[0], f.inputs[0]}));
  Program program = compile(f, toy_kernels());
  program.set(0, ramp({2, 3}));
  program.run();
  const std::size_t before = allocations();
  for (int i = 0; i < 100; ++i) program.run();
  CHECK(allocations() == before);
}

TEST_CASE("the predicted memory is what the program holds") {
  const std::size_t before = live_bytes();
  Function f = chain(1 << 16, 6);
  const Value weight = f.graph->constant(ramp({1 << 16}));
  f.outputs.push_back(f.graph->add(Weighted{}, {exp(f.inputs[0]), weight}));
  f.outputs.push_back(add(f.inputs[0], f.graph->constant(ramp({1 << 16}, 5))));
  Program program = compile(f, toy_kernels());
  f = Function{};
  program.run();
  const auto held = static_cast<double>(live_bytes() - before);
  const auto predicted = static_cast<double>(program.memory().total());
  CHECK(held >= predicted);
  CHECK(held <= 1.1 * predicted);
}

TEST_CASE("planning predicts exactly what compiling reports") {
  for (const Function& f : {mixed_function(), chain(333, 7)}) {
    const auto planned = runtime::plan_memory(f, toy_kernels());
    const auto compiled = compile(f, toy_kernels()).memory();
    CHECK(planned.arena == compiled.arena);
    CHECK(planned.constants == compiled.constants);
    CHECK(planned.io == compiled.io);
  }
}

TEST_CASE("a constant is kept without a copy, and dropped when every user has packed it") {
  Function f;
  const Value x = f.graph->input(f32({256}), "x");
  f.inputs = {x};
  const Literal weight = ramp({256});
  const Value packed = f.graph->add(Weighted{}, {x, f.graph->constant(weight)});
  f.outputs = {packed};
  CHECK(compile(f, toy_kernels()).memory().constants == 1024);  // the packed copy alone

  f.outputs.push_back(add(packed, f.graph->constant(weight)));
  CHECK(compile(f, toy_kernels()).memory().constants == 2048);
}

TEST_CASE("constants that share their data count once") {
  Function f;
  f.inputs = {f.graph->input(f32({256}), "x")};
  const Literal data = ramp({256});
  const Value square = f.graph->constant(data.reshaped({16, 16}));
  f.outputs = {sub(f.inputs[0], f.graph->constant(data)), exp(square)};
  CHECK(compile(f, toy_kernels()).memory().constants == 1024);
}

TEST_CASE("a weight is packed through a view of a constant too") {
  Function f;
  f.inputs = {f.graph->input(f32({4}), "x")};
  const Value weight = reshape(f.graph->constant(ramp({2, 2})), {4});
  f.outputs = {f.graph->add(Weighted{}, {f.inputs[0], weight})};
  Program program = compile(f, toy_kernels());
  CHECK(program.steps().front().algorithm == "packed");
  CHECK(outputs_of(program, std::array{ramp({4})})[0] ==
        Literal::of<float>({4}, std::vector<float>{1, 4, 9, 16}));
}

TEST_CASE("a program over its budget is refused with need, limit and the largest tensors") {
  Function f;
  f.inputs = {f.graph->input(f32({100}), "image")};
  const LabelScope label(*f.graph, "layer7 (Exp)");
  f.outputs = {exp(exp(f.inputs[0]))};
  const std::size_t need = runtime::plan_memory(f, toy_kernels()).total();
  CHECK_NOTHROW(compile(f, toy_kernels(), {.max_memory = need}));
  const auto refused = [&] { compile(f, toy_kernels(), {.max_memory = need - 1}); };
  CHECK_THROWS_WITH_AS(refused(), doctest::Contains(text(need, " bytes needed").c_str()),
                       ResourceError);
  CHECK_THROWS_WITH_AS(refused(), doctest::Contains(text("limit is ", need - 1).c_str()),
                       ResourceError);
  CHECK_THROWS_WITH_AS(refused(), doctest::Contains("layer7 (Exp)"), ResourceError);
  CHECK_THROWS_WITH_AS(refused(), doctest::Contains("image"), ResourceError);
}

TEST_CASE("a kernel that refuses its data is named by the node's label, and the state stays") {
  Function f;
  const Value x = f.graph->input(f32({2}), "x");
  f.inputs = {x};
  const LabelScope label(*f.graph, "loss (Log)");
  f.outputs = {sub(f.graph->add(Positive{}, {x}), full_like(x, 2))};
  Program program = compile(f, toy_kernels(), {.feedback = {{0, 0}}});
  program.set(0, ramp({2}, 2));
  program.run();
  program.run();  // 0, 1 -> -2, -1
  CHECK_THROWS_WITH_AS(program.run(), "loss (Log): positive: a negative element came",
                       NumericError);
  CHECK(program.get(0) == ramp({2}, -2));
  const std::vector<Literal> bad{ramp({2}, -1)};
  CHECK_THROWS_WITH_AS(runtime::evaluate(f, bad, toy_kernels()),
                       "loss (Log): positive: a negative element came", NumericError);
}

TEST_CASE("a primitive without a kernel is refused by name and label") {
  Function f;
  f.inputs = {f.graph->input(f32({2}), "x")};
  const LabelScope label(*f.graph, "conv9 (Conv)");
  f.outputs = {tanh(f.inputs[0])};
  CHECK_THROWS_WITH_AS(compile(f, toy_kernels()),
                       "conv9 (Conv): this device has no kernel for 'tanh'", UnsupportedError);
}

TEST_CASE("values of the wrong type or position are refused") {
  Program program = compile(mixed_function(), toy_kernels());
  CHECK_THROWS_AS(program.set(0, ramp({3, 2})), ShapeError);
  CHECK_THROWS_AS(program.input(1), InputError);
  CHECK_THROWS_AS(program.output(2), InputError);
  CHECK_THROWS_AS(program.input_as<double>(0), ShapeError);
  CHECK_THROWS_AS(compile(mixed_function(), toy_kernels(), {.threads = 0}), InputError);
}

}  // namespace
}  // namespace palimpsest::testing
