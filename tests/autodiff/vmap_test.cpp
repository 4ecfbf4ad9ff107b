// vmap(f) at stacked points is the stack of f at each: for every row of the proof's table, with
// every choice of one input that has lanes or has none, and a lane of NaN among the others.

#include "autodiff/vmap.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

#include "graph/sources.h"
#include "ops/all.h"
#include "passes/fuse.h"
#include "runtime/evaluate.h"
#include "tests/support/trial.h"

using namespace palimpsest;
using namespace palimpsest::testing;

namespace {

constexpr std::int64_t lanes = 4;
constexpr int samples_per_row = 30;

/// The case with its constants (masks, indices, factors) as further inputs, so that they can have
/// lanes too.
Case lifted(const Case& original) {
  Case c;
  std::vector<Value> constants;
  c.function =
      rebuilt(original.function, [&](Graph& graph, const Node& node, std::vector<Value> operands) {
        const auto* constant = node.op.as<Constant>();
        if (!constant) return graph.add(node.op, std::move(operands));
        constants.push_back(graph.input(constant->literal.type()));
        return constants.back();
      });
  c.point = original.point;
  for (const Value constant : constants) {
    c.function.inputs.push_back(constant);
    c.point.push_back({});
  }
  std::size_t next = original.point.size();
  rebuilt(original.function, [&](Graph& graph, const Node& node, std::vector<Value> operands) {
    if (const auto* constant = node.op.as<Constant>()) c.point[next++] = constant->literal;
    return graph.add(node.op, std::move(operands));
  });
  return c;
}

/// The elements turned by `places`, each still within the range that the case draws from.
Literal turned(const Literal& literal, std::int64_t places) {
  std::vector<double> values = literal.doubles();
  if (!values.empty())
    std::rotate(values.begin(), values.begin() + places % static_cast<std::int64_t>(values.size()),
                values.end());
  return Literal::of<double>(literal.shape(), values).converted(literal.dtype());
}

/// What an input holds in a lane; the last lane is NaN where the type has it.
Literal in_lane(const Literal& literal, std::int64_t lane) {
  if (lane == lanes - 1 && is_float(literal.dtype()))
    return Literal::filled(literal.type(), std::numeric_limits<double>::quiet_NaN());
  return turned(literal, lane);
}

Literal stacked(const Literal& literal) {
  std::vector<double> values;
  for (std::int64_t lane = 0; lane < lanes; ++lane)
    for (const double value : in_lane(literal, lane).doubles()) values.push_back(value);
  std::vector<std::int64_t> extents{lanes};
  extents.insert(extents.end(), literal.shape().begin(), literal.shape().end());
  return Literal::of<double>(Shape(extents), values).converted(literal.dtype());
}

/// The largest difference relative to the larger magnitude or 1; NaN counts as equal to NaN.
double difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double error = std::abs(a[i] - b[i]) / std::max({1.0, std::abs(a[i]), std::abs(b[i])});
    worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
  }
  return worst;
}

double lane_error(const Case& c, const std::vector<bool>& batched) {
  std::vector<Literal> together;
  for (std::size_t i = 0; i < c.point.size(); ++i)
    together.push_back(batched[i] ? stacked(c.point[i]) : c.point[i]);
  const std::vector<Literal> found =
      runtime::evaluate(autodiff::vmap(c.function, lanes, batched), together, cpu());
  std::vector<std::vector<double>> expected(c.function.outputs.size());
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    std::vector<Literal> alone;
    for (std::size_t i = 0; i < c.point.size(); ++i)
      alone.push_back(batched[i] ? in_lane(c.point[i], lane) : c.point[i]);
    const std::vector<Literal> results = runtime::evaluate(c.function, alone, cpu());
    for (std::size_t k = 0; k < results.size(); ++k)
      for (const double value : results[k].doubles()) expected[k].push_back(value);
  }
  double worst = 0;
  for (std::size_t k = 0; k < found.size(); ++k)
    worst = std::max(worst, difference(found[k].doubles(), expected[k]));
  return worst;
}

/// All inputs with lanes, then one alone, then all but one.
std::vector<std::vector<bool>> choices(std::size_t inputs) {
  std::vector<std::vector<bool>> all{std::vector<bool>(inputs, true)};
  for (std::size_t i = 0; inputs > 1 && i < inputs; ++i)
    for (const bool alone : {true, false}) {
      all.emplace_back(inputs, !alone);
      all.back()[i] = alone;
    }
  return all;
}

/// "10": the first input has lanes, the second has none.
std::string marks(const std::vector<bool>& batched) {
  std::string digits;
  for (const bool mark : batched) digits += mark ? '1' : '0';
  return digits;
}

/// Names of the primitives that an input of the function reaches.
void add_reached(const Function& function, std::set<std::string>& names) {
  const Graph& graph = *function.graph;
  std::vector<bool> reached(graph.size(), false);
  for (const Value input : function.inputs) reached[input.index()] = true;
  for (std::uint32_t index = 0; index < graph.size(); ++index)
    for (const Value operand : graph.node(index).inputs)
      if (reached[operand.index()]) {
        reached[index] = true;
        names.emplace(graph.node(index).op.name());
      }
}

/// Bound of a case in f64: lanes may turn a product into one of other extents, whose sums of at
/// most some hundred terms are added in another order.
constexpr double bound = 1e-12;

}  // namespace

TEST_CASE("lanes of a function are the function at each lane, for every primitive") {
  std::set<std::string> reached;
  for (const Row& row : all_rows())
    for (int number = 0; number < std::min(samples_per_row, row.samples); ++number) {
      const Case c = lifted(row.sample(number));
      add_reached(c.function, reached);
      for (const std::vector<bool>& batched : choices(c.point.size())) {
        const std::string sample = text(row.name(), " sample ", number);
        CAPTURE(sample);
        CAPTURE(marks(batched));
        CHECK(lane_error(c, batched) <= bound);
      }
    }
  AllPrimitives::for_each([&]<class P>() {
    CAPTURE(P::name);
    // iota depends on nothing, so that it never has lanes.
    CHECK(reached.contains(std::string(P::name)) == !std::is_same_v<P, Iota>);
  });
}

TEST_CASE("weights that all lanes share are not repeated") {
  Function f;
  Graph& graph = *f.graph;
  const ConvGeometry g =
      conv_geometry({2, 3, 5, 5}, {4, 3, 3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1);
  const Value x = graph.input({DType::f64, g.input}), w = graph.input({DType::f64, g.filter});
  const Value flat = reshape(conv(x, w, g), {2, 100});
  const Value v = graph.input({DType::f64, {7, 100}});
  f.inputs = {x, w, v};
  f.outputs = {matmul(flat, v, {false, true}), matmul(v, flat, {false, true})};

  const Function lanes_of_x = autodiff::vmap(f, 8, {true, false, false});
  CHECK(lanes_of_x.outputs[0].shape() == Shape{8, 2, 7});
  CHECK(lanes_of_x.outputs[1].shape() == Shape{8, 7, 2});
  const std::vector<bool> marked = reachable(lanes_of_x);
  int products = 0;
  for (std::uint32_t index = 0; index < lanes_of_x.graph->size(); ++index) {
    const Node& node = lanes_of_x.graph->node(index);
    if (!marked[index] || node.op.derivative() != Derivative::multilinear) continue;
    ++products;
    const Shape& weights = node.inputs[1].shape();
    CHECK((weights == g.filter || weights == v.shape()));
  }
  // Lanes as rows turn both matrix products into the same one.
  CHECK(products == 2);
}

TEST_CASE("a function without batched inputs computes once and is repeated at its outputs") {
  Function f;
  f.inputs = {f.graph->input({DType::f64, {3}})};
  f.outputs = {exp(f.inputs[0])};
  const Function mapped = autodiff::vmap(f, 2, {false});
  CHECK(mapped.inputs[0].shape() == Shape{3});
  const Literal x = Literal::of<double>({3}, {0, 1, 2});
  CHECK(runtime::evaluate(mapped, std::array{x}, cpu())[0].doubles() ==
        Numbers{1, std::exp(1), std::exp(2), 1, std::exp(1), std::exp(2)});
}

TEST_CASE("vmap refuses what it cannot take") {
  Function f;
  f.inputs = {f.graph->input({DType::f64, {3}})};
  f.outputs = {exp(f.inputs[0]) * 2.0};
  CHECK_THROWS_AS(autodiff::vmap(f, 0, {true}), InputError);
  CHECK_THROWS_AS(autodiff::vmap(f, 2, {true, false}), InputError);
  CHECK_THROWS_AS(autodiff::vmap(passes::fuse(f), 2, {true}), std::logic_error);

  Function deep;
  deep.inputs = {
      deep.graph->input({DType::f64, Shape(std::vector<std::int64_t>(Shape::max_rank, 1))})};
  deep.outputs = {neg(deep.inputs[0])};
  CHECK_THROWS_AS(autodiff::vmap(deep, 2, {true}), ShapeError);
}
