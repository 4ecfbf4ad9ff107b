#include "graph/function.h"

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>

#include "graph/print.h"
#include "graph/sources.h"
#include "graph/verify.h"
#include "ops/linalg/linalg.h"
#include "ops/pointwise/binary.h"

using namespace palimpsest;

namespace {

/// (x, unused) -> (sin(x) x, x), with a node that no output needs.
Function sample() {
  Function f;
  const Value x = f.graph->input({DType::f32, {3}}, "image");
  const Value unused = f.graph->input({DType::f32, {5}}, "unused");
  exp(x);
  const LabelScope label(*f.graph, "layer (Sin)");
  f.inputs = {x, unused};
  f.outputs = {sin(x) * x, x};
  return f;
}

Value same(Graph& graph, const Node& node, std::vector<Value> operands) {
  return graph.add(node.op, std::move(operands));
}

}  // namespace

TEST_CASE("only what the outputs depend on is reachable") {
  const Function f = sample();
  const std::vector<bool> marked = reachable(f);
  CHECK(marked[f.inputs[0].index()]);
  CHECK(!marked[f.inputs[1].index()]);
  CHECK(std::count(marked.begin(), marked.end(), true) == 3);
}

TEST_CASE("a rebuilt function keeps its calling convention and labels and drops dead nodes") {
  const Function f = sample(), copy = rebuilt(f, same);
  verify(copy);
  REQUIRE(copy.inputs.size() == 2);
  CHECK(copy.inputs[1].type() == TensorType{DType::f32, {5}});
  CHECK(copy.graph->size() == 4);
  CHECK(copy.graph->label(copy.outputs[0].node()) == "layer (Sin)");
}

TEST_CASE("rebuilding can exchange primitives") {
  const Function f = sample();
  const Function other =
      rebuilt(f, [](Graph& graph, const Node& node, std::vector<Value> operands) {
        return node.op.as<Sin>() ? cos(operands[0]) : same(graph, node, std::move(operands));
      });
  CHECK(other.outputs[0].node().inputs[0].node().op.name() == "cos");
}

TEST_CASE("an inlined function computes on the arguments given") {
  const Function f = sample();
  Graph graph;
  const Value x = graph.input({DType::f32, {3}}), y = graph.input({DType::f32, {5}});
  const std::vector<Value> outputs = inlined(graph, f, std::array{x, y});
  CHECK(outputs[0] == sin(x) * x);
  CHECK(outputs[1] == x);
}

TEST_CASE("an inlined function refuses arguments of another number or type") {
  const Function f = sample();
  Graph graph;
  const Value x = graph.input({DType::f32, {3}});
  CHECK_THROWS_WITH_AS(inlined(graph, f, std::array{x}), "call: 2 arguments expected, 1 came",
                       ShapeError);
  CHECK_THROWS_WITH_AS(inlined(graph, f, std::array{x, x}),
                       "call: argument 1: f32[5] expected, f32[3] came", ShapeError);
}

TEST_CASE("verify accepts what the builders make and names what is wrong") {
  Function f = sample();
  CHECK_NOTHROW(verify(f));
  std::swap(f.inputs[0], f.inputs[1]);
  CHECK_THROWS_WITH_AS(verify(f), "verify: input 0 is not the input node of that position",
                       std::logic_error);
  Function g = sample();
  g.outputs = f.outputs;
  CHECK_THROWS_WITH_AS(verify(g), "verify: an output belongs to another graph", std::logic_error);
}

TEST_CASE("a printed function reads one line a node, with fields and labels") {
  Function f;
  const Value a = f.graph->input({DType::f32, {2, 4}}, "a");
  f.inputs = {a};
  const LabelScope label(*f.graph, "fc");
  f.outputs = {matmul(a, a, {.transpose_b = true}) * 2.0};
  CHECK(print(f) ==
        "%0 = input() {a} : f32[2,4]\n"
        "%1 = matmul(%0, %0) {a b^T} : f32[2,2]  # fc\n"
        "%2 = constant() {2} : f32[1,1]  # fc\n"
        "%3 = broadcast(%2) {[2,2]} : f32[2,2]  # fc\n"
        "%4 = mul(%1, %3) : f32[2,2]  # fc\n"
        "return %4\n");
}
