#include "inversion/objective.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "autodiff/autodiff.h"
#include "inversion/prior.h"
#include "ops/movement/movement.h"
#include "ops/nn/softmax.h"
#include "ops/pointwise/binary.h"
#include "runtime/evaluate.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

double relative_difference(const Literal& a, const Literal& b) {
  const std::vector<double> x = a.doubles(), y = b.doubles();
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    difference += (x[i] - y[i]) * (x[i] - y[i]);
    norm += y[i] * y[i];
  }
  return std::sqrt(difference / norm);
}

/// Total, then the gradients, of an objective at a random candidate with searched labels.
std::vector<Literal> objective_at(const Problem& problem, const ObjectiveSpec& spec) {
  const Model& model = *problem.model;
  Function function;
  Graph& graph = *function.graph;
  const Value x = graph.input(images_type(model, problem.examples));
  const Value logits = graph.input(targets_type(model, problem.loss, problem.examples));
  function.inputs = {x, logits};
  std::vector<Value> parameters;
  for (const Parameter& parameter : model.parameters)
    parameters.push_back(graph.input(parameter.initial.type()));
  function.inputs.insert(function.inputs.end(), parameters.begin(), parameters.end());
  const Objective built = objective(problem, spec, {x, nn::softmax(logits, 1), logits}, parameters);
  function.outputs = {built.total};
  function.outputs.insert(function.outputs.end(), built.gradient.begin(), built.gradient.end());

  std::vector<Literal> inputs{uniform(x.type(), 1), uniform(logits.type(), 2)};
  for (const Parameter& parameter : model.parameters) inputs.push_back(parameter.initial);
  return runtime::evaluate(function, inputs, kernels());
}

void check_routes_agree(const Problem& problem, ObjectiveSpec spec) {
  spec.route = Route::forward_over_reverse;
  const std::vector<Literal> forward = objective_at(problem, spec);
  spec.route = Route::reverse_over_reverse;
  const std::vector<Literal> reverse = objective_at(problem, spec);
  CHECK(relative_difference(forward[0], reverse[0]) < 1e-14);
  CHECK(relative_difference(forward[1], reverse[1]) < 1e-12);
  CHECK(relative_difference(forward[2], reverse[2]) < 1e-12);
}

Problem two_pictures(const Model& model, Problem problem = {}) {
  problem.examples = 2;
  return observed_problem(model, problem, picture(images_type(model, 2)), labels({1, 3}));
}

const NetworkSpec doubles_of_two{.batch = 2, .dtype = DType::f64};

}  // namespace

TEST_CASE("both routes to the matching gradient agree for the squared distance") {
  const Model model = sigmoid_network(doubles_of_two);
  check_routes_agree(two_pictures(model), {.total_variation = 0.3, .image_norm = 0.1});
}

TEST_CASE("both routes to the matching gradient agree for the weighted cosine distance") {
  const Model model = sigmoid_network(doubles_of_two);
  check_routes_agree(
      two_pictures(model),
      {.distance = DistanceKind::cosine, .matching = 2, .weights = {1, 0.5, 2, 0, 1, 3}});
}

TEST_CASE("both routes agree through one local step of SGD with momentum and weight decay") {
  const Model model = sigmoid_network(doubles_of_two);
  Problem problem;
  problem.observed.kind = UpdateKind::delta;
  problem.training.sgd = {.rate = 0.2, .momentum = 0.9, .weight_decay = 0.01};
  check_routes_agree(two_pictures(model, problem), {.distance = DistanceKind::cosine});
}

TEST_CASE("both routes agree through one local step of Adam") {
  const Model model = sigmoid_network(doubles_of_two);
  Problem problem;
  problem.observed.kind = UpdateKind::delta;
  problem.training.optimizer = LocalOptimizer::adam;
  check_routes_agree(two_pictures(model, problem), {});
}

TEST_CASE("both routes agree when two parameters share one gradient") {
  const Model model = twin_network(doubles_of_two);
  for (const UpdateKind kind : {UpdateKind::gradient, UpdateKind::delta}) {
    Problem problem;
    problem.examples = 2;
    problem.observed.kind = kind;
    const Literal truth = uniform(images_type(model, 2), 7);
    problem = observed_problem(model, problem, truth, labels({0, 2}));
    // The twins' observed tensors differ, and so do their directions.
    problem.observed.tensors[0] = uniform(problem.observed.tensors[0]->type(), 8);
    check_routes_agree(problem, {});
  }
}

TEST_CASE("a missing tensor takes no part in the distance") {
  const Model model = sigmoid_network(doubles_of_two);
  const Problem whole = two_pictures(model);
  Problem partial = whole;
  partial.observed.tensors[1].reset();
  const ObjectiveSpec without{.weights = {1, 0, 1, 1, 1, 1}};
  CHECK(objective_at(partial, {})[0] == objective_at(whole, without)[0]);
  CHECK_FALSE(objective_at(partial, {})[0] == objective_at(whole, {})[0]);
}

TEST_CASE("the gradient through several local steps is the slope of the objective") {
  const Model model = perceptron({.batch = 2, .dtype = DType::f64});
  Problem problem;
  problem.examples = 4;
  problem.observed.kind = UpdateKind::delta;
  problem.training.steps = 3;
  problem.training.sgd = {.rate = 0.3, .momentum = 0.5};
  problem =
      observed_problem(model, problem, uniform(images_type(model, 4), 7), labels({0, 1, 2, 1}));

  Function function;
  Graph& graph = *function.graph;
  const Value x = graph.input(images_type(model, 4));
  function.inputs = {x};
  for (const Parameter& parameter : model.parameters)
    function.inputs.push_back(graph.input(parameter.initial.type()));
  const Value targets = graph.constant(target_rows(model, {}, labels({0, 1, 2, 1})));
  const std::vector<Value> parameters(function.inputs.begin() + 1, function.inputs.end());
  const Objective built = objective(problem, {}, {x, targets, {}}, parameters);
  function.outputs = {built.total, built.gradient[0]};

  const auto at = [&](double shift) {
    std::vector<double> values = uniform(x.type(), 9).doubles();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += shift * std::cos(double(i));
    std::vector<Literal> inputs{Literal::of<double>(x.shape(), values)};
    for (const Parameter& parameter : model.parameters) inputs.push_back(parameter.initial);
    return runtime::evaluate(function, inputs, kernels());
  };
  const double h = 1e-5;
  const double slope = (at(h)[0].doubles()[0] - at(-h)[0].doubles()[0]) / (2 * h);
  double expected = 0;
  const std::vector<double> gradient = at(0)[1].doubles();
  for (std::size_t i = 0; i < gradient.size(); ++i) expected += gradient[i] * std::cos(double(i));
  CHECK(slope == doctest::Approx(expected).epsilon(1e-8));
}

TEST_CASE("forward over reverse is refused for several local steps") {
  const Model model = perceptron({.batch = 2, .dtype = DType::f64});
  Problem problem;
  problem.examples = 2;
  problem.observed.kind = UpdateKind::delta;
  problem.training.steps = 2;
  problem = observed_problem(model, problem, uniform(images_type(model, 2), 7), labels({0, 1}));
  CHECK_THROWS_AS(objective_at(problem, {.route = Route::forward_over_reverse}), InputError);
}

TEST_CASE("total variation is the mean step along each image axis") {
  Function function;
  Graph& graph = *function.graph;
  const Value x = graph.input({DType::f64, {1, 1, 2, 3}});
  function.inputs = {x};
  function.outputs = {total_variation(x, 2, 3)};
  const Literal value = Literal::of<double>({1, 1, 2, 3}, std::vector<double>{0, 1, 3, 2, 2, 0});
  // Down: |2| |1| |-3| over 3; across: 1 2 0 2 over 4.
  CHECK(runtime::evaluate(function, std::array{value}, kernels())[0].doubles()[0] ==
        doctest::Approx(6.0 / 3 + 5.0 / 4));
}

TEST_CASE("the image norm is the l2 norm of the batch over its images") {
  Function function;
  const Value x = function.graph->input({DType::f64, {2, 1, 1, 1}});
  function.inputs = {x};
  function.outputs = {image_norm(x)};
  const Literal value = Literal::of<double>({2, 1, 1, 1}, std::vector<double>{3, 4});
  CHECK(runtime::evaluate(function, std::array{value}, kernels())[0].doubles()[0] ==
        doctest::Approx(2.5));
}

}  // namespace palimpsest::inversion
