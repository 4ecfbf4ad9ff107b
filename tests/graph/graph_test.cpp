#include "graph/graph.h"

#include <doctest/doctest.h>

#include <stdexcept>

#include "graph/sources.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"

using namespace palimpsest;

TEST_CASE("equal nodes are one node, whatever their labels") {
  Graph graph;
  const Value x = graph.input({DType::f32, {3}});
  const Value once = sin(x);
  const LabelScope label(graph, "elsewhere");
  CHECK(sin(x) == once);
  CHECK(graph.size() == 2);
}

TEST_CASE("nodes that differ in operands, fields or type are told apart") {
  Graph graph;
  const Value x = graph.input({DType::f32, {2, 2}}), y = graph.input({DType::f32, {2, 2}});
  CHECK(sub(x, y) != sub(y, x));
  CHECK(matmul(x, y) != matmul(x, y, {.transpose_a = true}));
  CHECK(reshape(x, {4}) != reshape(x, {1, 4}));
  CHECK(cast(x, DType::f64) != cast(x, DType::i64));
}

TEST_CASE("inputs are never shared") {
  Graph graph;
  const TensorType type{DType::f32, {3}};
  CHECK(graph.input(type) != graph.input(type));
}

TEST_CASE("equal constants are shared, by data and not by address") {
  Graph graph;
  const auto numbers = [] { return Literal::of({2}, std::vector<float>{1, 2}); };
  CHECK(graph.constant(numbers()) == graph.constant(numbers()));
  CHECK(graph.constant(numbers()) != graph.constant(Literal::of({2}, std::vector<float>{1, 3})));
}

TEST_CASE("constants that differ only far behind the beginning are told apart") {
  Graph graph;
  std::vector<double> many(1000, 0.5);
  const Value first = graph.constant(Literal::of({1000}, many));
  many.back() = 0.25;
  CHECK(graph.constant(Literal::of({1000}, many)) != first);
}

TEST_CASE("operands come before their users") {
  Graph graph;
  const Value x = graph.input({DType::f32, {3}});
  const Value y = exp(x) * sin(x);
  for (const Value operand : y.node().inputs) CHECK(operand.index() < y.index());
}

TEST_CASE("a shape error names the label of the node that is being added") {
  Graph graph;
  const Value a = graph.input({DType::f32, {2, 3}}), b = graph.input({DType::f32, {2, 3}});
  const LabelScope label(graph, "fc1 (Gemm)");
  const MatMul op;
  CHECK_THROWS_WITH_AS(graph.add(op, {a, b}),
                       doctest::Contains("fc1 (Gemm): matmul: inner extents differ"), ShapeError);
}

TEST_CASE("operands of another graph are refused") {
  Graph graph, other;
  const Value foreign = other.input({DType::f32, {3}});
  CHECK_THROWS_AS(graph.add(Sin{}, {foreign}), std::logic_error);
}

TEST_CASE("label scopes nest and end") {
  Graph graph;
  const Value x = graph.input({DType::f32, {3}});
  const auto label_of = [&](Value value) { return graph.label(value.node()); };
  {
    const LabelScope outer(graph, "outer");
    CHECK(label_of(sin(x)) == "outer");
    {
      const LabelScope inner(graph, "inner");
      CHECK(label_of(cos(x)) == "inner");
    }
    CHECK(label_of(tan(x)) == "outer");
  }
  CHECK(label_of(exp(x)) == "");
}

TEST_CASE("a value tells whether it is a constant") {
  Graph graph;
  const Value one = graph.constant(Literal::scalar(1.0f));
  REQUIRE(constant_of(one) != nullptr);
  CHECK(*constant_of(one) == Literal::scalar(1.0f));
  CHECK(constant_of(graph.input({DType::f32, {}})) == nullptr);
}

TEST_CASE("a fact of another kind is a logic error with the primitive's name") {
  Graph graph;
  const Value x = graph.input({DType::f32, {3}});
  const Value y = sin(x);
  CHECK_THROWS_WITH_AS(y.node().op.transpose(0, y.node().inputs, y),
                       "primitive 'sin' has no transpose", std::logic_error);
}
