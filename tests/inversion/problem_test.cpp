#include "inversion/problem.h"

#include <doctest/doctest.h>

#include <cmath>

#include "inversion/pixels.h"
#include "inversion/start.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

/// A problem that passes, to be spoiled.
struct Sound {
  Model model = sigmoid_network({.batch = 2});
  Problem problem;
  Sound() {
    problem.examples = 2;
    problem = observed_problem(model, problem, picture(images_type(model, 2)), labels({1, 3}));
  }
};

void check_refused(const Problem& problem, const char* what) {
  CHECK_THROWS_WITH_AS(check(problem), doctest::Contains(what), InputError);
}

}  // namespace

TEST_CASE("a problem whose parts fit passes") {
  const Sound sound;
  CHECK_NOTHROW(check(sound.problem));
}

TEST_CASE("each part of a problem that does not fit is named") {
  Sound sound;
  Problem problem = sound.problem;
  problem.observed.tensors.pop_back();
  check_refused(problem, "each of 6 parameters");
  problem = sound.problem;
  problem.observed.tensors[1] = Literal::filled({DType::f32, {7}}, 0);
  check_refused(problem, "'conv1.bias': [6] expected, [7] came");
  problem = sound.problem;
  problem.observed.tensors.assign(6, std::nullopt);
  check_refused(problem, "no parameter has a tensor");
  problem = sound.problem;
  problem.training.steps = 2;
  check_refused(problem, "a gradient comes from one step");
  problem = sound.problem;
  problem.examples = 3;
  check_refused(problem, "batch size 2");
  problem = sound.problem;
  problem.training.order = {0, 5};
  check_refused(problem, "5 came");
  problem = sound.problem;
  problem.normalization = {{0, 0}, {1, 1}};
  check_refused(problem, "each of 1 channels");
  problem = sound.problem;
  problem.normalization = {{0}, {0}};
  check_refused(problem, "deviations above 0");
  problem = sound.problem;
  problem.targets = labels({1});
  check_refused(problem, "2 rows expected, 1 came");
  problem.targets = labels({1, 4});
  check_refused(problem, "classes in [0, 4)");
}

TEST_CASE("a model with two data inputs is refused by their names") {
  Sound sound;
  sound.model.data.push_back({"mask", 0, ImageLayout::unknown});
  CHECK_THROWS_WITH_AS(check(sound.problem), doctest::Contains("'x' 'mask'"), UnsupportedError);
}

TEST_CASE("labels of every place become one-hot rows along the class axis") {
  Model model;
  model.function.inputs = {model.function.graph->input({DType::f32, {1, 2}}, "x")};
  model.data.push_back({"x", 0, ImageLayout::unknown});
  model.logits = model.function.graph->input({DType::f32, {1, 3, 2}});
  const Literal places = Literal::of<std::int64_t>({1, 2}, std::vector<std::int64_t>{2, 0});
  CHECK(target_rows(model, {}, places).doubles() == std::vector<double>{0, 1, 0, 0, 1, 0});
}

TEST_CASE("a normalisation of other channels than the model's is refused before pixels are read") {
  const Model model = lenet();
  Problem problem;
  problem.model = &model;
  problem.normalization = {{0.5}, {0.25}};
  const Literal pixels = Literal::filled({DType::f32, {1, 3, 32, 32}}, 0.5);
  CHECK_THROWS_WITH_AS(images_of(problem, pixels), doctest::Contains("3 channels"), InputError);
}

TEST_CASE("pixels are denormalised and brought to channels first") {
  Model model;
  model.function.inputs = {model.function.graph->input({DType::f32, {1, 1, 2, 3}}, "x")};
  model.data.push_back({"x", 0, ImageLayout::nhwc});
  Problem problem;
  problem.model = &model;
  problem.normalization = {{0.5, 0, 0}, {0.5, 1, 2}};
  const Literal raw = Literal::of<float>({1, 1, 2, 3}, std::vector<float>{1, 2, 3, -1, -2, -3});
  const Literal pixels = pixels_of(problem, raw);
  CHECK(pixels.shape() == Shape{1, 3, 1, 2});
  CHECK(pixels.doubles() == std::vector<double>{1, 0, 2, -2, 6, -6});
  CHECK(clamped(pixels).doubles() == std::vector<double>{1, 0, 1, 0, 1, 0});
  CHECK(pixel_range(problem).low.shape() == Shape{1, 1, 1, 3});
  CHECK(pixel_range(problem).low.doubles() == std::vector<double>{-1, 0, 0});
  CHECK(pixel_range(problem).high.doubles() == std::vector<double>{1, 1, 0.5});
}

TEST_CASE("searched targets are probabilities, independent ones, or numbers") {
  const Literal logits = Literal::of<double>({1, 2}, std::vector<double>{0, std::log(3)});
  const auto of = [&](LossKind kind) { return searched_targets({.kind = kind}, logits).doubles(); };
  CHECK(of(LossKind::cross_entropy)[1] == doctest::Approx(0.75));
  CHECK(of(LossKind::binary_cross_entropy)[0] == doctest::Approx(0.5));
  CHECK(of(LossKind::binary_cross_entropy)[1] == doctest::Approx(0.75));
  CHECK(of(LossKind::squared_error)[1] == doctest::Approx(std::log(3)));
}

}  // namespace palimpsest::inversion
