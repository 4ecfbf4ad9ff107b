// Examples read from the gradient of the layer that the data enter.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "inversion/closed_form/linear_inversion.h"
#include "inversion/closed_form/parallel_rows.h"
#include "tests/support/gemm_models.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;
using testing::gemm_model;
using testing::GemmModelSpec;
using testing::imprint_spec;

InputLayer layer_of(const Model& model) {
  InputLayerSearch search = find_input_layer(model, kernels());
  INFO(search.reason);
  REQUIRE(search.layer);
  return *search.layer;
}

/// Example i of a batch.
std::vector<double> example(const Literal& images, std::int64_t i) {
  const std::vector<double> values = images.doubles();
  const std::int64_t each = images.elements() / images.shape()[0];
  return {values.begin() + i * each, values.begin() + (i + 1) * each};
}

/// |a - b| / |b|.
double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / norm);
}

/// The smallest error of any read example with that evidence.
double least_error(const std::vector<ReadExample>& found, Evidence evidence,
                   const std::vector<double>& truth) {
  double least = 1e300;
  for (const ReadExample& read : found)
    if (read.evidence == evidence)
      least = std::min(least, relative_error(read.example.doubles(), truth));
  return least;
}

/// Images whose mean brightness is as given, with the same pattern upon them.
Literal images_of_brightness(const Model& model, const std::vector<double>& means) {
  const TensorType type = images_type(model, static_cast<std::int64_t>(means.size()));
  std::vector<double> values = uniform({DType::f64, type.shape}, 21).doubles();
  const std::size_t each = values.size() / means.size();
  for (std::size_t i = 0; i < means.size(); ++i) {
    double mean = 0;
    for (std::size_t k = 0; k < each; ++k) mean += values[i * each + k] / static_cast<double>(each);
    for (std::size_t k = 0; k < each; ++k)
      values[i * each + k] = means[i] + 0.3 * (values[i * each + k] - mean);
  }
  return Literal::of<double>(type.shape, values).converted(type.dtype);
}

// Sums of a few products: some hundred times the unit roundoff of f64.
constexpr double exact = 1e-12;

}  // namespace

TEST_CASE("rows are grouped by direction, up to the sign where asked") {
  const std::vector<double> matrix{1, 2, 0, 0, -2, -4, 3, 1, 2, 4, 0.5, 1 + 1e-3};
  const std::vector<std::int64_t> all{0, 1, 2, 3, 4, 5};
  using Groups = std::vector<std::vector<std::int64_t>>;
  CHECK(parallel_rows(matrix, 2, all, Multiple::positive, 1e-6) == Groups{{0, 4}, {2}, {3}, {5}});
  CHECK(parallel_rows(matrix, 2, all, Multiple::nonzero, 1e-6) == Groups{{0, 2, 4}, {3}, {5}});
  CHECK(parallel_rows(matrix, 2, all, Multiple::nonzero, 1e-2) == Groups{{0, 2, 4, 5}, {3}});
  CHECK(parallel_rows(matrix, 2, std::vector<std::int64_t>{0, 3}, Multiple::nonzero, 1e-6) ==
        Groups{{0}, {3}});
}

TEST_CASE("one example is read exactly, whatever the activation and the layout") {
  for (GemmModelSpec spec :
       {GemmModelSpec{}, GemmModelSpec{.activation = "Sigmoid"},
        GemmModelSpec{.channels_last = true}, GemmModelSpec{.rescaled = true},
        GemmModelSpec{.channels_last = true, .rescaled = true, .matmul = true}}) {
    const Model model = gemm_model(spec);
    CAPTURE(spec.channels_last);
    CAPTURE(spec.rescaled);
    const Literal x = uniform(images_type(model, 1), 5);
    const Problem problem = observed_problem(model, {}, x, labels({2}));
    const auto found = read_units(problem, layer_of(model));
    REQUIRE(found.size() == 1);
    CHECK(found[0].evidence == Evidence::only_example);
    CHECK(found[0].example.shape() == x.shape());
    CHECK(found[0].units.size() > 1);  // several units agree on it
    CHECK(relative_error(found[0].example.doubles(), x.doubles()) < exact);
  }
}

TEST_CASE("in f32 the unit of the largest bias gradient is read, to f32 accuracy") {
  const Model model = gemm_model({.side = 16, .hidden = 40, .dtype = DType::f32});
  const Literal x = uniform(images_type(model, 1), 5);
  const auto found = read_units(observed_problem(model, {}, x, labels({2})), layer_of(model));
  REQUIRE(found.size() == 1);
  CHECK(found[0].share == 1);
  CHECK(relative_error(found[0].example.doubles(), x.doubles()) < 1e-6);
}

TEST_CASE("one example is read from the delta of several SGD steps, and of one with weight decay") {
  const Model model = gemm_model({});
  const Literal x = uniform(images_type(model, 1), 5);
  Problem problem;
  problem.observed.kind = UpdateKind::delta;
  for (const auto& [steps, decay] : {std::pair{std::int64_t{3}, 0.0}, {std::int64_t{1}, 0.1}}) {
    problem.training.steps = steps;
    problem.training.sgd = {.rate = 0.05, .momentum = 0.5, .weight_decay = decay};
    const auto found =
        read_units(observed_problem(model, problem, x, labels({2})), layer_of(model));
    REQUIRE(found.size() == 1);
    CHECK(relative_error(found[0].example.doubles(), x.doubles()) < 1e-10);
  }
  problem.training.steps = 2;
  CHECK_THROWS_WITH_AS(
      read_units(observed_problem(model, problem, x, labels({2})), layer_of(model)),
      doctest::Contains("weight decay over one local step"), UnsupportedError);
  problem.training.optimizer = LocalOptimizer::adam;
  CHECK_THROWS_WITH_AS(
      read_units(observed_problem(model, problem, x, labels({2})), layer_of(model)),
      doctest::Contains("Adam came"), UnsupportedError);
}

TEST_CASE("units behind a ReLU that one example of a batch alone activates agree on it") {
  // Three examples that light different parts; each of the first units looks at one part only.
  GemmModelSpec spec{.batch = 3, .side = 3, .hidden = 10};
  spec.first_weight = std::vector<float>(90, 0.0F);
  spec.first_bias = std::vector<float>(10, -0.1F);
  for (std::size_t unit = 0; unit < 10; ++unit)
    for (std::size_t i = 0; i < 9; ++i)
      if (unit == 9 || i / 3 == unit / 3)
        spec.first_weight[unit * 9 + i] = 0.1F * static_cast<float>(1 + (unit * 7 + i) % 5);
  const Model model = gemm_model(spec);
  std::vector<double> values = uniform({DType::f64, {27}}, 3).doubles();
  for (std::size_t n = 0; n < 3; ++n)
    for (std::size_t i = 0; i < 9; ++i)
      values[n * 9 + i] = i / 3 == n ? 1 + values[n * 9 + i] : -values[n * 9 + i] * 0.01;
  const Literal x = Literal::of<double>({3, 1, 3, 3}, values);
  Problem problem;
  problem.examples = 3;
  const auto found =
      read_units(observed_problem(model, problem, x, labels({0, 1, 2})), layer_of(model));
  for (std::int64_t n = 0; n < 3; ++n)
    CHECK(least_error(found, Evidence::several_units, example(x, n)) < exact);
  // The unit that all of them activate shows a mixture, and nothing confirms it.
  CHECK(std::count_if(found.begin(), found.end(), [](const ReadExample& read) {
          return read.evidence == Evidence::none;
        }) == 1);
}

TEST_CASE("a mixture of examples is confirmed by no unit of a sigmoid network") {
  const Model model = gemm_model({.batch = 2, .activation = "Sigmoid"});
  Problem problem;
  problem.examples = 2;
  const Literal x = uniform(images_type(model, 2), 5);
  for (const ReadExample& read :
       read_units(observed_problem(model, problem, x, labels({1, 2})), layer_of(model)))
    CHECK(read.evidence == Evidence::none);
}

TEST_CASE("an imprint layer is found, and gives each example alone in its bin exactly") {
  const Model model = gemm_model(imprint_spec({.batch = 4, .side = 6, .hidden = 16}, 0.2F, 0.8F));
  const InputLayer layer = layer_of(model);
  const std::vector<Imprint> imprints = find_imprints(model, layer);
  REQUIRE(imprints.size() == 1);
  CHECK(imprints[0].units.size() == 16);
  CHECK(std::is_sorted(imprints[0].thresholds.begin(), imprints[0].thresholds.end()));
  // Bins of width 0.0375: the third and fourth image share one, the first is above the last.
  const Literal x = images_of_brightness(model, {0.9, 0.3, 0.510, 0.520});
  Problem problem;
  problem.examples = 4;
  const auto found =
      read_imprint(observed_problem(model, problem, x, labels({0, 3, 1, 4})), layer, imprints[0]);
  CHECK(found.size() == 3);
  CHECK(least_error(found, Evidence::bin, example(x, 0)) < 1e-11);
  CHECK(least_error(found, Evidence::bin, example(x, 1)) < 1e-11);
  CHECK(least_error(found, Evidence::bin, example(x, 2)) > 1e-3);
}

TEST_CASE("an imprint layer in f32 reads images to an error that the bins' differences allow") {
  const Model model = gemm_model(
      imprint_spec({.batch = 4, .side = 16, .hidden = 32, .dtype = DType::f32}, 0.2F, 0.8F));
  const InputLayer layer = layer_of(model);
  const Literal x = images_of_brightness(model, {0.25, 0.35, 0.55, 0.7});
  Problem problem;
  problem.examples = 4;
  const auto found = read_imprint(observed_problem(model, problem, x, labels({0, 3, 1, 4})), layer,
                                  find_imprints(model, layer).at(0));
  REQUIRE(found.size() == 4);
  for (std::int64_t n = 0; n < 4; ++n)
    CHECK(least_error(found, Evidence::bin, example(x, n)) < 1e-4);
}

TEST_CASE("an imprint is found among other units, also with rows of different length") {
  GemmModelSpec spec = imprint_spec({.side = 6, .hidden = 16}, 0.2F, 0.8F);
  const std::vector<double> drawn = uniform({DType::f64, {16 * 36}}, 8).doubles();
  for (std::size_t unit = 0; unit < 16; ++unit)
    for (std::size_t i = 0; i < 36; ++i) {
      float& weight = spec.first_weight[unit * 36 + i];
      weight = unit % 2 == 0 ? static_cast<float>(drawn[unit * 36 + i]) : weight * 2;
    }
  const Model model = gemm_model(spec);
  const std::vector<Imprint> imprints = find_imprints(model, layer_of(model));
  REQUIRE(imprints.size() == 1);
  CHECK(imprints[0].units == std::vector<std::int64_t>{1, 3, 5, 7, 9, 11, 13, 15});
}

TEST_CASE("an honest layer is no imprint") {
  for (const GemmModelSpec& spec :
       {GemmModelSpec{.hidden = 64}, GemmModelSpec{.channels_last = true}}) {
    const Model model = gemm_model(spec);
    CHECK(find_imprints(model, layer_of(model)).empty());
  }
  // Rows of zeros, and equal rows with one threshold, are no question with bins either.
  GemmModelSpec dead{.hidden = 8};
  dead.first_weight = std::vector<float>(128, 0.0F);
  const Model zeros = gemm_model(dead);
  CHECK(find_imprints(zeros, layer_of(zeros)).empty());
  dead.first_weight = std::vector<float>(128, 0.25F);
  dead.first_bias = std::vector<float>(8, 0.5F);
  const Model equal = gemm_model(dead);
  CHECK(find_imprints(equal, layer_of(equal)).empty());
}

TEST_CASE("models without a layer that reads the data with a bias are refused with the reason") {
  const InputLayerSearch conv = find_input_layer(sigmoid_network(), kernels());
  CHECK_FALSE(conv.layer);
  CHECK(conv.reason == "no fully connected layer reads the data itself");
  const InputLayerSearch biasless = find_input_layer(gemm_model({.bias = false}), kernels());
  CHECK_FALSE(biasless.layer);
  CHECK(biasless.reason.find("has no bias") != std::string::npos);
}

TEST_CASE("an update without the layer's tensors is refused by name, an empty one shows nothing") {
  const Model model = gemm_model({});
  Problem problem = observed_problem(model, {}, uniform(images_type(model, 1), 5), labels({2}));
  const InputLayer layer = layer_of(model);
  const Literal bias = *problem.observed.tensors[layer.bias];
  problem.observed.tensors[layer.bias] = Literal::filled(bias.type(), 0);
  CHECK(read_units(problem, layer).empty());
  problem.observed.tensors[layer.bias].reset();
  CHECK_THROWS_WITH_AS(read_units(problem, layer), doctest::Contains("lacks 'first.bias'"),
                       InputError);
}

}  // namespace palimpsest::inversion
