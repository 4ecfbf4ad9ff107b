// Defences that need the client's data: Soteria, DP-SGD, secure aggregation.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "inversion/defense/defense.h"
#include "inversion/defense/privacy.h"
#include "inversion/defense/soteria.h"
#include "inversion/defense/stage.h"
#include "runtime/evaluate.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

/// A client with a model, its data and its undefended update.
struct Trial {
  Model model;
  Problem problem;
  DefenseRequest request;

  Trial(Model made, std::int64_t examples, std::vector<std::int64_t> classes)
      : model(std::move(made)) {
    problem.model = &model;
    problem.examples = examples;
    request.problem = &problem;
    request.data = {uniform(images_type(model, examples), 3), labels(classes)};
    request.kernels = &kernels();
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  SimulatedUpdate update() const { return of(request.data); }
  SimulatedUpdate of(const ClientData& data) const {
    return simulate(problem, data.images, data.targets, kernels(), 1);
  }
  DefendedUpdate defended(const std::vector<Defense>& defenses) const {
    return inversion::defended(update(), defenses, request);
  }
};

double distance(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const std::vector<double> x = a[k].second.doubles(), y = b[k].second.doubles();
    for (std::size_t i = 0; i < x.size(); ++i) sum += (x[i] - y[i]) * (x[i] - y[i]);
  }
  return std::sqrt(sum);
}

/// One row of a batch of two as a model of batch one sees it.
Literal row_of(const Literal& images, std::int64_t row) {
  const std::vector<double> values = images.doubles();
  const std::int64_t each = images.elements() / images.shape()[0];
  return Literal::of<double>(
      images.shape().with(0, 1),
      std::vector<double>(values.begin() + row * each, values.begin() + (row + 1) * each));
}

constexpr NetworkSpec doubles{.batch = 1, .dtype = DType::f64};
constexpr NetworkSpec two_doubles{.batch = 2, .dtype = DType::f64};

/// The features of a model at an input.
std::vector<double> features_at(const Model& model, const Literal& x) {
  Function function;
  for (const Value input : model.function.inputs)
    function.inputs.push_back(function.graph->input(input.type()));
  function.outputs =
      inlined(*function.graph, model.function, function.inputs, std::vector{model.head.features});
  std::vector<Literal> arguments{x};
  for (const Parameter& parameter : model.parameters) arguments.push_back(parameter.initial);
  return runtime::evaluate(function, arguments, kernels())[0].doubles();
}

}  // namespace

TEST_CASE("Soteria scores are the sensitivities of the features by central differences") {
  const Trial trial(perceptron(doubles), 1, {1});
  const std::vector<double> scores = soteria_scores(trial.request, 1e-10);
  const std::vector<double> x = trial.request.data.images.doubles();
  const std::vector<double> features = features_at(trial.model, trial.request.data.images);
  std::vector<double> squares(features.size(), 0);
  constexpr double step = 1e-5;
  for (std::size_t i = 0; i < x.size(); ++i) {
    std::vector<double> up = x, down = x;
    up[i] += step;
    down[i] -= step;
    const auto above = features_at(trial.model, Literal::of<double>({1, 6}, up));
    const auto below = features_at(trial.model, Literal::of<double>({1, 6}, down));
    for (std::size_t u = 0; u < squares.size(); ++u)
      squares[u] += std::pow((above[u] - below[u]) / (2 * step), 2);
  }
  REQUIRE(scores.size() == features.size());
  for (std::size_t u = 0; u < scores.size(); ++u)  // differences err by step^2 and 1e-16 / step
    CHECK(scores[u] ==
          doctest::Approx(std::sqrt(squares[u]) / std::abs(features[u])).epsilon(1e-8));
}

TEST_CASE("Soteria scores of a batch are the sums of its examples' scores") {
  const Trial both(sigmoid_network(two_doubles), 2, {1, 3});
  std::vector<double> sums(96, 0);
  for (const std::int64_t row : {0, 1}) {
    Trial one(sigmoid_network(doubles), 1, {1});
    one.request.data.images = row_of(both.request.data.images, row);
    const std::vector<double> scores = soteria_scores(one.request, 0.1);
    for (std::size_t u = 0; u < sums.size(); ++u) sums[u] += scores[u];
  }
  const std::vector<double> scores = soteria_scores(both.request, 0.1);
  REQUIRE(scores.size() == sums.size());
  for (std::size_t u = 0; u < sums.size(); ++u)
    CHECK(scores[u] == doctest::Approx(sums[u]).epsilon(1e-12));
}

TEST_CASE("Soteria scores cover every example once, also over several batches") {
  const Trial batches(sigmoid_network(doubles), 2, {1, 3});
  Trial batch(sigmoid_network(two_doubles), 2, {1, 3});
  const std::vector<double> expected = soteria_scores(batch.request, 0.1);
  const std::vector<double> scores = soteria_scores(batches.request, 0.1);
  for (std::size_t u = 0; u < expected.size(); ++u)
    CHECK(scores[u] == doctest::Approx(expected[u]).epsilon(1e-12));
}

TEST_CASE("Soteria prunes the last layer's columns of the smallest scores and nothing else") {
  const Trial trial(perceptron(doubles), 1, {1});
  const std::vector<double> scores = soteria_scores(trial.request, 1e-10);
  std::vector<double> sorted = scores;
  std::sort(sorted.begin(), sorted.end());
  const auto before = trial.update().tensors;
  const DefendedUpdate result = trial.defended({Soteria{0.4}});
  const auto& after = result.update.tensors;
  const std::vector<double> weight = after[2].second.doubles(), plain = before[2].second.doubles();
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t u = 0; u < 5; ++u)  // two of the five units lie below sorted[2]
      CHECK(weight[c * 5 + u] == (scores[u] < sorted[2] ? 0 : plain[c * 5 + u]));
  for (const std::size_t other : {0U, 1U, 3U}) CHECK(after[other] == before[other]);
  CHECK(result.reports[0].words == "soteria: the gradient of 'fc.weight' pruned at 2 of 5 units");
}

TEST_CASE("DP-SGD without noise is the mean of the examples' clipped gradients") {
  const Trial both(perceptron(two_doubles), 2, {0, 2});
  const std::vector<std::int64_t> classes{0, 2};
  std::vector<std::vector<NamedTensor>> gradients;
  for (const std::size_t row : {0U, 1U}) {
    Trial one(perceptron(doubles), 1, {classes[row]});
    one.request.data.images = row_of(both.request.data.images, static_cast<std::int64_t>(row));
    gradients.push_back(one.update().tensors);
  }
  // A bound between the two norms: one gradient is clipped, the other is not.
  const double a = norm_of(gradients[0]), b = norm_of(gradients[1]), bound = (a + b) / 2;
  std::vector<NamedTensor> expected = gradients[0];
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const std::vector<double> other = gradients[1][k].second.doubles();
    expected[k].second = changed(expected[k].second, [&](double value, std::size_t i) {
      return (value * std::min(1.0, bound / a) + other[i] * std::min(1.0, bound / b)) / 2;
    });
  }
  const DefendedUpdate result = both.defended({DpSgd{bound, 0}});
  CHECK(distance(result.update.tensors, expected) < 1e-14);
  CHECK(result.reports[0].words.find("1 of 2 gradients of examples clipped") != std::string::npos);
  CHECK_FALSE(result.reports[0].epsilon);
}

TEST_CASE("DP-SGD with a bound that clips nothing and no noise is the plain update") {
  Trial trial(perceptron(two_doubles), 4, {0, 2, 1, 1});
  for (const nn::Reduction reduction : {nn::Reduction::mean, nn::Reduction::sum}) {
    trial.problem.loss.reduction = reduction;
    trial.problem.observed.kind = UpdateKind::gradient;
    trial.problem.training = {};
    CHECK(distance(trial.defended({DpSgd{1e9, 0}}).update.tensors, trial.update().tensors) < 1e-14);
    trial.problem.observed.kind = UpdateKind::delta;
    trial.problem.training.steps = 3;
    trial.problem.training.sgd = {.rate = 0.1, .momentum = 0.9, .weight_decay = 0.01};
    CHECK(distance(trial.defended({DpSgd{1e9, 0}}).update.tensors, trial.update().tensors) < 1e-14);
  }
}

TEST_CASE("the noise of DP-SGD has deviation multiplier x norm / batch, anew in every step") {
  Trial trial(mlp(16, 40, two_doubles), 2, {0, 2});  // 10,690 parameters
  const auto plain = trial.defended({DpSgd{0.1, 0}}).update.tensors;
  const auto noisy = trial.defended({DpSgd{0.1, 3}}).update.tensors;
  // The root mean square of n normal numbers deviates by 1 / sqrt(2 n) = 0.7 %.
  const double deviation = distance(noisy, plain) / std::sqrt(10690);
  CHECK(deviation == doctest::Approx(3 * 0.1 / 2).epsilon(0.03));
  CHECK(trial.defended({DpSgd{0.1, 3}}).update.tensors == noisy);
  trial.request.seed = 1;
  CHECK_FALSE(trial.defended({DpSgd{0.1, 3}}).update.tensors == noisy);
  trial.problem.observed.kind = UpdateKind::delta;
  trial.problem.training.steps = 2;
  trial.problem.training.sgd.rate = 1;
  const double two_steps = distance(trial.defended({DpSgd{1e-9, 3e8}}).update.tensors,
                                    trial.defended({DpSgd{1e-9, 0}}).update.tensors);
  CHECK(two_steps / std::sqrt(10690) == doctest::Approx(std::sqrt(2) * 0.3 / 2).epsilon(0.03));
}

TEST_CASE("DP-SGD reports the epsilon of its steps at its delta") {
  Trial trial(perceptron(two_doubles), 2, {0, 2});
  CHECK(trial.defended({DpSgd{1, 2, 1e-6, 0.5}}).reports[0].epsilon ==
        epsilon_of({2, 0.5, 1}, 1e-6));
  trial.problem.observed.kind = UpdateKind::delta;
  trial.problem.training.steps = 4;
  CHECK(trial.defended({DpSgd{1, 2}}).reports[0].epsilon == epsilon_of({2, 1, 4}, 1e-5));
}

TEST_CASE("secure aggregation sends the mean of the clients' updates") {
  Trial trial(perceptron(doubles), 1, {0});
  const TensorType type = images_type(trial.model, 1);
  trial.request.others = {{uniform(type, 8), labels({1})}, {uniform(type, 9), labels({2})}};
  std::vector<NamedTensor> expected = trial.update().tensors;
  const auto second = trial.of(trial.request.others[0]).tensors;
  const auto third = trial.of(trial.request.others[1]).tensors;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const std::vector<double> b = second[k].second.doubles(), c = third[k].second.doubles();
    expected[k].second =
        changed(expected[k].second, [&](double a, std::size_t i) { return (a + b[i] + c[i]) / 3; });
  }
  const DefendedUpdate result = trial.defended({SecureAggregation{}});
  CHECK(distance(result.update.tensors, expected) < 1e-15);
  CHECK(result.reports[0].words == "secure-aggregation: the mean of 3 clients");
}

TEST_CASE("every client applies the defences before the aggregation to its own update") {
  Trial trial(perceptron(doubles), 1, {0});
  trial.request.others = {{uniform(images_type(trial.model, 1), 8), labels({1})}};
  // Two updates of norm 1e-3 have a mean of at most that; clipping the mean would not change it.
  const auto clipped = trial.defended({Clipping{1e-3}, SecureAggregation{}}).update.tensors;
  CHECK(norm_of(clipped) <= 1e-3 * (1 + 1e-12));
  // Independent noise of two clients: the deviation of the mean is 1 / sqrt(2) of one's.
  Trial large(mlp(16, 40, doubles), 1, {0});
  large.request.others = {large.request.data};
  const auto noisy = large.defended({GaussianNoise{1}, SecureAggregation{}}).update.tensors;
  CHECK(distance(noisy, large.update().tensors) / std::sqrt(10690) ==
        doctest::Approx(std::sqrt(0.5)).epsilon(0.03));
}

TEST_CASE("an aggregation averages running statistics too") {
  Trial trial(batch_norm_network(two_doubles), 2, {0, 1});
  trial.problem.observed.kind = UpdateKind::delta;
  trial.request.others = {{uniform(images_type(trial.model, 2), 8), labels({1, 2})}};
  const auto own = trial.update().buffers, other = trial.of(trial.request.others[0]).buffers;
  const auto mean = trial.defended({SecureAggregation{}}).update.buffers;
  REQUIRE(mean.size() == 2);
  for (std::size_t k = 0; k < mean.size(); ++k)
    for (std::size_t c = 0; c < 2; ++c)
      CHECK(mean[k].second.doubles()[c] ==
            doctest::Approx((own[k].second.doubles()[c] + other[k].second.doubles()[c]) / 2));
}

TEST_CASE("defences refuse models and clients for which they would not be what they say") {
  Trial batch_norm(batch_norm_network(two_doubles), 2, {0, 1});
  CHECK_THROWS_WITH_AS(batch_norm.defended({DpSgd{}}), doctest::Contains("dp-sgd"),
                       UnsupportedError);
  CHECK_THROWS_WITH_AS(batch_norm.defended({Soteria{0.5}}), doctest::Contains("'bn' normalises"),
                       UnsupportedError);
  Trial headless(perceptron(doubles), 1, {0});
  headless.model.has_head = false;
  CHECK_THROWS_WITH_AS(headless.defended({Soteria{0.5}}), doctest::Contains("linear layer"),
                       UnsupportedError);
  Trial adam(perceptron(doubles), 1, {0});
  adam.problem.observed.kind = UpdateKind::delta;
  adam.problem.training.optimizer = LocalOptimizer::adam;
  CHECK_THROWS_WITH_AS(adam.defended({DpSgd{}}), doctest::Contains("SGD expected, Adam came"),
                       UnsupportedError);
}

}  // namespace palimpsest::inversion
