#include "inversion/labels.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "inversion/metrics.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

constexpr std::int64_t classes = 10, features = 40;

/// The mean gradient of a linear head with this weight at the features h [examples, features].
HeadGradient gradient_at(const std::vector<std::int64_t>& truth, std::vector<double> weight,
                         const std::vector<double>& h) {
  const auto count = static_cast<std::int64_t>(truth.size());
  HeadGradient head{.classes = classes, .features = features, .examples = count};
  head.weight = std::move(weight);
  head.bias.assign(classes, 0.01);
  head.weight_gradient.assign(classes * features, 0);
  head.bias_gradient.assign(classes, 0);
  for (std::int64_t i = 0; i < count; ++i) {
    std::vector<double> p(classes);
    double sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) {
      double z = head.bias[size_t(c)];
      for (std::int64_t f = 0; f < features; ++f)
        z += head.weight[size_t(c * features + f)] * h[size_t(i * features + f)];
      sum += p[size_t(c)] = std::exp(z);
    }
    for (std::int64_t c = 0; c < classes; ++c) {
      const double target = truth[size_t(i)] == c ? 1.0 : 0.0;
      const double error = (p[size_t(c)] / sum - target) / double(count);
      head.bias_gradient[size_t(c)] += error;
      for (std::int64_t f = 0; f < features; ++f)
        head.weight_gradient[size_t(c * features + f)] += error * h[size_t(i * features + f)];
    }
  }
  return head;
}

/// An untrained head on features in [0, 1).
HeadGradient head_of(const std::vector<std::int64_t>& truth) {
  std::vector<double> weight = uniform({DType::f64, {classes, features}}, 1).doubles();
  for (double& value : weight) value = (value - 0.5) * 0.05;
  const Shape shape{static_cast<std::int64_t>(truth.size()), features};
  return gradient_at(truth, std::move(weight), uniform({DType::f64, shape}, 2).doubles());
}

/// A trained head: each class has four features of its own. The last example looks like the class
/// after its own, so that the head gets it wrong.
HeadGradient trained_head_of(const std::vector<std::int64_t>& truth) {
  const auto count = static_cast<std::int64_t>(truth.size());
  std::vector<double> weight(classes * features),
      h = uniform({DType::f64, {count, features}}, 2).doubles();
  for (std::int64_t k = 0; k < classes * features; ++k)
    weight[size_t(k)] = k % features % classes == k / features ? 1.5 : 0;
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t f = 0; f < features; ++f) {
      const std::int64_t seen = (truth[size_t(i)] + (i + 1 == count ? 1 : 0)) % classes;
      h[size_t(i * features + f)] =
          0.5 * h[size_t(i * features + f)] + (f % classes == seen ? 1 : 0);
    }
  return gradient_at(truth, std::move(weight), h);
}

void check_found(LabelRule rule, const std::vector<std::int64_t>& truth) {
  CAPTURE(name_of(rule));
  CHECK(labels_of(recover_labels(head_of(truth), rule).counts) == truth);
}

const std::vector<std::int64_t> distinct{1, 4, 6, 9}, repeated{0, 0, 0, 2, 2, 5, 7, 7};

}  // namespace

TEST_CASE("every rule finds the label of one example") {
  for (const LabelRule rule :
       {LabelRule::idlg, LabelRule::bias_sign, LabelRule::column_min, LabelRule::column_sign,
        LabelRule::llg, LabelRule::bias_corrected, LabelRule::ilrg})
    for (std::int64_t label = 0; label < classes; ++label) check_found(rule, {label});
}

TEST_CASE("rules for distinct labels find them") {
  check_found(LabelRule::bias_sign, distinct);
  check_found(LabelRule::column_min, distinct);
}

TEST_CASE("rules that count find repeated labels of an untrained head") {
  for (const LabelRule rule : {LabelRule::llg, LabelRule::bias_corrected, LabelRule::ilrg})
    check_found(rule, repeated);
}

TEST_CASE("a negative entry in a row of the gradient proves its class, trained or not") {
  for (const HeadGradient& head : {head_of(repeated), trained_head_of(repeated)}) {
    const RecoveredLabels found = recover_labels(head, LabelRule::column_sign);
    for (std::int64_t c = 0; c < classes; ++c)
      if (std::find(repeated.begin(), repeated.end(), c) == repeated.end())
        CHECK(found.counts[size_t(c)] == 0);
  }
  check_found(LabelRule::column_sign, distinct);
  CHECK(labels_of(recover_labels(trained_head_of(distinct), LabelRule::column_sign).counts) ==
        distinct);
}

TEST_CASE("a trained head's labels are not left to equations that the signs contradict") {
  const HeadGradient head = trained_head_of(repeated);
  const RecoveredLabels found = recover_labels(head);
  CHECK(found.rule == LabelRule::column_sign);
  CHECK(label_recall(labels_of(found.counts), repeated) >
        label_recall(labels_of(recover_labels(head, LabelRule::ilrg).counts), repeated));
}

TEST_CASE("signs that prove more classes than there are examples prove nothing") {
  HeadGradient head = trained_head_of(distinct);
  head.bias_gradient.assign(classes, -0.1);
  CHECK(recover_labels(head).rule == LabelRule::ilrg);
}

TEST_CASE("instance-wise recovery counts hundreds of labels") {
  std::vector<std::int64_t> truth;
  for (std::int64_t i = 0; i < 300; ++i) truth.push_back(i * i % 7);
  std::sort(truth.begin(), truth.end());
  const auto found = labels_of(recover_labels(head_of(truth), LabelRule::ilrg).counts);
  CHECK(found.size() == truth.size());
  CHECK(label_recall(found, truth) > 0.98);
}

TEST_CASE("the automatic rule follows from what is there, and says so") {
  CHECK(recover_labels(head_of({3})).rule == LabelRule::bias_sign);
  CHECK(recover_labels(head_of(repeated)).rule == LabelRule::ilrg);
  HeadGradient without_bias = head_of(repeated);
  without_bias.bias_gradient.clear();
  const RecoveredLabels found = recover_labels(without_bias);
  CHECK(found.rule == LabelRule::llg);
  CHECK(found.note.find("without a bias gradient") != std::string::npos);
  CHECK_THROWS_AS(recover_labels(without_bias, LabelRule::ilrg), InputError);
}

TEST_CASE("label rules are found by name") {
  CHECK(label_rule_of("column-min") == LabelRule::column_min);
  CHECK(name_of(LabelRule::bias_corrected) == "bias-corrected");
  CHECK_THROWS_AS(label_rule_of("guess"), InputError);
}

TEST_CASE("the head's mean gradient is the same from a mean, a sum and a local step") {
  const Model model = sigmoid_network({.batch = 2, .dtype = DType::f64});
  const Literal x = picture(images_type(model, 2));
  Problem problem;
  problem.examples = 2;
  const HeadGradient mean = head_gradient(observed_problem(model, problem, x, labels({1, 3})));
  problem.loss.reduction = nn::Reduction::sum;
  const HeadGradient sum = head_gradient(observed_problem(model, problem, x, labels({1, 3})));
  problem.loss.reduction = nn::Reduction::mean;
  problem.observed.kind = UpdateKind::delta;
  problem.training.sgd.rate = 0.5;
  const HeadGradient delta = head_gradient(observed_problem(model, problem, x, labels({1, 3})));
  for (std::size_t c = 0; c < 4; ++c) {
    CHECK(std::abs(mean.bias_gradient[c] - sum.bias_gradient[c]) < 1e-14);
    CHECK(std::abs(mean.bias_gradient[c] - delta.bias_gradient[c]) < 1e-14);
  }
  CHECK(mean.features == 96);
  CHECK(labels_of(recover_labels(mean).counts) == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("a head whose weight lies input by output is read the other way round") {
  Model model = sigmoid_network();
  const Literal x = picture(images_type(model, 1));
  Problem problem = observed_problem(model, {}, x, labels({2}));
  const HeadGradient straight = head_gradient(problem);
  const auto flip = [](const Literal& matrix) {
    const Shape& shape = matrix.shape();
    std::vector<double> values = matrix.doubles(), flipped(values.size());
    for (std::int64_t i = 0; i < shape[0]; ++i)
      for (std::int64_t j = 0; j < shape[1]; ++j)
        flipped[size_t(j * shape[0] + i)] = values[size_t(i * shape[1] + j)];
    return Literal::of<double>({shape[1], shape[0]}, flipped);
  };
  model.head.weight_is_output_by_input = false;
  model.parameters[4].initial = flip(model.parameters[4].initial);
  problem.observed.tensors[4] = flip(*problem.observed.tensors[4]);
  const HeadGradient turned = head_gradient(problem);
  CHECK(turned.classes == straight.classes);
  CHECK(turned.weight_gradient == straight.weight_gradient);
  CHECK(turned.weight == straight.weight);
}

TEST_CASE("label recovery says what is missing") {
  Model model = sigmoid_network();
  const Literal x = picture(images_type(model, 1));
  Problem problem = observed_problem(model, {}, x, labels({2}));
  Problem filtered = problem;
  filtered.observed.tensors[4].reset();
  CHECK_THROWS_WITH_AS(head_gradient(filtered), doctest::Contains("fc.weight"), InputError);
  problem.loss.kind = LossKind::squared_error;
  CHECK_THROWS_WITH_AS(head_gradient(problem), doctest::Contains("cross-entropy"), InputError);
}

}  // namespace palimpsest::inversion
