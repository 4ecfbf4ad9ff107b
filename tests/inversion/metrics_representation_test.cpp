#include "inversion/representation.h"

#include <doctest/doctest.h>

#include <cmath>

#include "inversion/client.h"
#include "inversion/pixels.h"
#include "inversion/update_match.h"
#include "runtime/evaluate.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

Problem problem_of(const Model& model) {
  Problem problem;
  problem.model = &model;
  return problem;
}

/// The representation of one image, by evaluating the model's own function on it.
std::vector<double> evaluated(const Model& model, const Literal& image) {
  Function function;
  std::vector<Value> arguments;
  for (const Value input : model.function.inputs)
    arguments.push_back(function.graph->input(input.type()));
  function.inputs = arguments;
  function.outputs =
      inlined(*function.graph, model.function, arguments, std::vector<Value>{model.head.features});
  std::vector<Literal> inputs{image};
  for (const Parameter& parameter : model.parameters) inputs.push_back(parameter.initial);
  return runtime::evaluate(function, inputs, kernels()).front().doubles();
}

Literal image_at(const Literal& images, std::int64_t index) {
  const TensorType type{images.dtype(), images.shape().with(0, 1)};
  return Literal::copy_of(type, images.bytes() + static_cast<std::size_t>(index) * type.bytes());
}

}  // namespace

TEST_CASE("representations are those of the images one by one, for any number and batch") {
  const Model single = sigmoid_network();
  const Literal pixels = picture({DType::f32, {5, 1, 8, 8}});
  for (const std::int64_t batch : {1, 2, 5, 8}) {
    CAPTURE(batch);
    const Model model = sigmoid_network({.batch = batch});
    const Literal seen = representations(problem_of(model), pixels, kernels(), 1);
    REQUIRE(seen.shape() == Shape{5, 96});
    const std::vector<double> values = seen.doubles();
    for (std::int64_t n = 0; n < 5; ++n) {
      const std::vector<double> expected = evaluated(single, image_at(pixels, n));
      // f32 sums of at most 54 terms below 1, in two orders.
      for (std::size_t f = 0; f < 96; ++f)
        CHECK(std::abs(values[static_cast<std::size_t>(n) * 96 + f] - expected[f]) < 1e-5);
    }
  }
}

TEST_CASE("representations see pixels as the client normalised them") {
  const Model model = sigmoid_network();
  const Literal pixels = picture({DType::f32, {1, 1, 8, 8}});
  Problem problem = problem_of(model);
  problem.normalization = {{0.4}, {0.2}};
  const Literal seen = representations(problem, pixels, kernels(), 1);
  const std::vector<double> expected = evaluated(model, images_of(problem, pixels));
  const std::vector<double> values = seen.doubles();
  for (std::size_t f = 0; f < expected.size(); ++f) CHECK(std::abs(values[f] - expected[f]) < 1e-5);
  const Literal plain = representations(problem_of(model), pixels, kernels(), 1);
  CHECK(row_squared_errors(seen, plain).front() > 1e-4);
}

TEST_CASE("a model without a last layer, or whose rows depend on each other, has none") {
  Model headless = sigmoid_network();
  headless.has_head = false;
  const Literal pixels = picture({DType::f32, {1, 1, 8, 8}});
  CHECK_THROWS_AS(representations(problem_of(headless), pixels, kernels(), 1), UnsupportedError);
  const Model training = batch_norm_network({.batch = 2});
  const Literal small = picture({DType::f32, {2, 1, 4, 4}});
  CHECK_THROWS_WITH_AS(representations(problem_of(training), small, kernels(), 1),
                       doctest::Contains("'bn' is in training mode"), UnsupportedError);
}

TEST_CASE("MSE-R is the mean over features, by row") {
  const Literal a = Literal::of<float>({2, 2}, std::vector<float>{1, 2, 3, 4});
  const Literal b = Literal::of<float>({2, 2}, std::vector<float>{1, 2, 5, 1});
  CHECK(row_squared_errors(a, b) == std::vector<double>{0, 6.5});
  CHECK_THROWS_AS(row_squared_errors(a, a.reshaped({1, 4})), InputError);
}

TEST_CASE("the update of the true images matches the observed one, that of others does not") {
  const Model model = sigmoid_network({.batch = 2});
  Problem problem = problem_of(model);
  problem.examples = 2;
  problem.normalization = {{0.5}, {0.25}};
  const Literal pixels = picture({DType::f32, {2, 1, 8, 8}});
  problem = observed_problem(model, problem, images_of(problem, pixels), labels({1, 3}));
  const UpdateAgreement same = update_match(problem, pixels, labels({1, 3}), kernels(), 1);
  CHECK(same.cosine == doctest::Approx(1).epsilon(1e-12));
  CHECK(same.relative_error == 0);
  const UpdateAgreement mistaken = update_match(problem, pixels, labels({0, 2}), kernels(), 1);
  CHECK(mistaken.cosine < 0.5);
  const Literal other = uniform({DType::f32, {2, 1, 8, 8}}, 1);
  CHECK(update_match(problem, other, labels({1, 3}), kernels(), 1).relative_error > 0.05);
}

TEST_CASE("only observed tensors count for the match of an update") {
  const Model model = sigmoid_network();
  const Literal pixels = picture({DType::f32, {1, 1, 8, 8}});
  Problem problem = observed_problem(model, problem_of(model), pixels, labels({2}));
  for (std::size_t i = 0; i + 1 < problem.observed.tensors.size(); ++i)
    problem.observed.tensors[i] = std::nullopt;  // the last layer's bias is left
  // Another image of the same class: the bias' gradient is softmax - one-hot whatever the image.
  const Literal other = uniform({DType::f32, {1, 1, 8, 8}}, 1);
  CHECK(update_match(problem, other, labels({2}), kernels(), 1).cosine > 0.99);
  CHECK(update_match(problem, other, labels({0}), kernels(), 1).cosine < 0.5);
  CHECK_THROWS_AS(
      update_match(problem, picture({DType::f32, {2, 1, 8, 8}}), labels({2, 2}), kernels(), 1),
      InputError);
}

}  // namespace palimpsest::inversion
