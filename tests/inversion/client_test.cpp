#include "inversion/client.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

const NetworkSpec two_doubles{.batch = 2, .dtype = DType::f64};

Problem fedavg(const Model& model, std::int64_t examples, std::int64_t steps) {
  Problem problem;
  problem.model = &model;
  problem.examples = examples;
  problem.observed.kind = UpdateKind::delta;
  problem.training.steps = steps;
  problem.training.sgd.rate = 0.1;
  return problem;
}

void check_near(const Literal& a, const Literal& b) {
  const std::vector<double> x = a.doubles(), y = b.doubles();
  REQUIRE(x.size() == y.size());
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(std::abs(x[i] - y[i]) < 1e-13);
}

Literal sum(const Literal& a, const Literal& b) {
  std::vector<double> values = a.doubles();
  const std::vector<double> others = b.doubles();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += others[i];
  return Literal::of<double>(a.shape(), values);
}

Literal rows(const Literal& images, std::int64_t first, std::int64_t count) {
  const auto size = static_cast<std::size_t>(images.elements() / images.shape()[0]);
  const auto part = images.values<double>().subspan(static_cast<std::size_t>(first) * size,
                                                    static_cast<std::size_t>(count) * size);
  return Literal::of<double>(images.shape().with(0, count), part);
}

}  // namespace

TEST_CASE("one local step of plain SGD sends the gradient times minus the rate") {
  const Model model = perceptron(two_doubles);
  const Literal x = uniform(images_type(model, 2), 3);
  Problem problem = fedavg(model, 2, 1);
  const SimulatedUpdate delta = simulate(problem, x, labels({0, 2}), kernels(), 1);
  problem.observed.kind = UpdateKind::gradient;
  const SimulatedUpdate gradient = simulate(problem, x, labels({0, 2}), kernels(), 1);
  CHECK(delta.loss == gradient.loss);
  for (std::size_t p = 0; p < delta.tensors.size(); ++p) {
    CHECK(delta.tensors[p].first == model.parameters[p].name);
    std::vector<double> expected = gradient.tensors[p].second.doubles();
    for (double& value : expected) value *= -0.1;
    check_near(delta.tensors[p].second,
               Literal::of<double>(gradient.tensors[p].second.shape(), expected));
  }
}

TEST_CASE("two local steps are one step after the other") {
  Model model = perceptron(two_doubles);
  const Literal x = uniform(images_type(model, 4), 3);
  const SimulatedUpdate both = simulate(fedavg(model, 4, 2), x, labels({0, 2, 1, 1}), kernels(), 1);
  const SimulatedUpdate first =
      simulate(fedavg(model, 2, 1), rows(x, 0, 2), labels({0, 2}), kernels(), 1);
  for (std::size_t p = 0; p < model.parameters.size(); ++p)
    model.parameters[p].initial = sum(model.parameters[p].initial, first.tensors[p].second);
  const SimulatedUpdate second =
      simulate(fedavg(model, 2, 1), rows(x, 2, 2), labels({1, 1}), kernels(), 1);
  for (std::size_t p = 0; p < model.parameters.size(); ++p)
    check_near(both.tensors[p].second, sum(first.tensors[p].second, second.tensors[p].second));
}

TEST_CASE("a given order decides which examples make up each batch") {
  const Model model = perceptron(two_doubles);
  const Literal x = uniform(images_type(model, 4), 3);
  Problem problem = fedavg(model, 4, 1);
  problem.training.order = {3, 1};
  const SimulatedUpdate ordered = simulate(problem, x, labels({0, 2, 1, 1}), kernels(), 1);
  problem.training.order = {1, 3};
  const SimulatedUpdate swapped = simulate(problem, x, labels({0, 2, 1, 1}), kernels(), 1);
  problem.training.order = {0, 1};
  const SimulatedUpdate other = simulate(problem, x, labels({0, 2, 1, 1}), kernels(), 1);
  check_near(ordered.tensors[0].second, swapped.tensors[0].second);
  CHECK_FALSE(ordered.tensors[0].second == other.tensors[0].second);
}

TEST_CASE("examples come in order and begin again when they run out") {
  const Model model = perceptron(two_doubles);
  const Literal x = uniform(images_type(model, 2), 3);
  Problem problem = fedavg(model, 2, 2);
  const SimulatedUpdate implied = simulate(problem, x, labels({0, 2}), kernels(), 1);
  problem.training.order = {0, 1, 0, 1};
  const SimulatedUpdate spelled = simulate(problem, x, labels({0, 2}), kernels(), 1);
  CHECK(implied.tensors[0].second == spelled.tensors[0].second);
}

TEST_CASE("running statistics move towards the batch's, the variance unbiased") {
  const Model model = batch_norm_network({.batch = 2, .dtype = DType::f64});
  Problem problem = fedavg(model, 2, 1);
  // Weights that make the convolution copy its input: channel 0 all zero, channel 1 x itself.
  Model copying = batch_norm_network({.batch = 2, .dtype = DType::f64});
  std::vector<double> filter(18, 0);
  filter[9 + 4] = 1;
  copying.parameters[0].initial = Literal::of<double>({2, 1, 3, 3}, filter);
  copying.parameters[1].initial = Literal::filled({DType::f64, {2}}, 0);
  problem.model = &copying;
  const Literal x = uniform(images_type(copying, 2), 5);
  const SimulatedUpdate update = simulate(problem, x, labels({0, 1}), kernels(), 1);

  const std::vector<double> values = x.doubles();
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / 32;
  for (const double value : values) squares += (value - mean) * (value - mean);
  REQUIRE(update.buffers.size() == 2);
  CHECK(update.buffers[0].first == "bn.running_mean");
  check_near(update.buffers[0].second,
             Literal::of<double>({2}, std::vector<double>{0.225, 0.225 + 0.1 * mean}));
  check_near(update.buffers[1].second,
             Literal::of<double>({2}, std::vector<double>{1.8, 1.8 + 0.1 * squares / 31}));
}

TEST_CASE("class labels and their one-hot rows make the same update") {
  const Model model = perceptron(two_doubles);
  const Literal x = uniform(images_type(model, 2), 3);
  const Literal soft = Literal::of<double>({2, 3}, std::vector<double>{1, 0, 0, 0, 0, 1});
  const Problem problem = fedavg(model, 2, 1);
  CHECK(simulate(problem, x, labels({0, 2}), kernels(), 1).tensors[2].second ==
        simulate(problem, x, soft, kernels(), 1).tensors[2].second);
}

TEST_CASE("a sum over the batch is the mean times its size") {
  const Model model = perceptron(two_doubles);
  const Literal x = uniform(images_type(model, 2), 3);
  Problem problem = fedavg(model, 2, 1);
  const double mean = simulate(problem, x, labels({0, 2}), kernels(), 1).loss;
  problem.loss.reduction = nn::Reduction::sum;
  CHECK(simulate(problem, x, labels({0, 2}), kernels(), 1).loss == doctest::Approx(2 * mean));
}

TEST_CASE("regression and multi-label losses are simulated too") {
  const Model model = perceptron(two_doubles);
  const Literal x = uniform(images_type(model, 2), 3);
  const Literal targets = uniform(targets_type(model, {}, 2), 4);
  Problem problem = fedavg(model, 2, 1);
  for (const LossKind kind : {LossKind::squared_error, LossKind::binary_cross_entropy}) {
    problem.loss.kind = kind;
    CHECK(simulate(problem, x, targets, kernels(), 1).loss > 0);
  }
}

TEST_CASE("data that do not fit the model are refused before anything runs") {
  const Model model = perceptron(two_doubles);
  const Problem problem = fedavg(model, 2, 1);
  const Literal x = uniform(images_type(model, 2), 3);
  CHECK_THROWS_AS(simulate(problem, x, labels({0, 3}), kernels(), 1), InputError);
  CHECK_THROWS_AS(simulate(problem, x, labels({0}), kernels(), 1), InputError);
  CHECK_THROWS_AS(
      simulate(problem, uniform(images_type(model, 3), 3), labels({0, 1}), kernels(), 1),
      InputError);
}

}  // namespace palimpsest::inversion
