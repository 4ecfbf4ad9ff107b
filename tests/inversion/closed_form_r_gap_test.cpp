// The recursion from the last layer to the example.

#include <doctest/doctest.h>

#include <cmath>

#include "inversion/closed_form/r_gap.h"
#include "onnx_import/import.h"
#include "runtime/evaluate.h"
#include "tests/support/gemm_models.h"
#include "tests/support/model_bytes.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;
using testing::gemm_model;

/// x [batch, 2, 6, 6] -> Conv 3x3 -> activation -> Conv 3x3, stride 2 -> activation -> Gemm, no
/// bias anywhere.
struct ConvChainSpec {
  std::int64_t batch = 1, first = 4, second = 6, classes = 3, stride = 1;
  std::string activation = "LeakyRelu";
  DType dtype = DType::f64;
};

testing::Message drawn(std::string_view name, const testing::Extents& dims, std::uint64_t seed) {
  const Literal uniform_values = uniform({DType::f32, Shape(dims)}, seed);
  std::vector<float> values;
  for (const float value : uniform_values.values<float>()) values.push_back(value - 0.5F);
  return testing::tensor(name, dims, values);
}

Model conv_chain(const ConvChainSpec& spec) {
  using namespace testing;
  const auto convolution = [](const char* x, const char* w, const char* y, std::int64_t stride) {
    return node("Conv", {x, w}, {y},
                {integers_attribute("pads", {1, 1, 1, 1}),
                 integers_attribute("strides", {stride, stride})});
  };
  const std::int64_t side = (5 / spec.stride + 2) / 2;
  GraphParts parts;
  parts.nodes = {convolution("x", "w1", "z1", spec.stride),
                 node(spec.activation, {"z1"}, {"y1"}),
                 convolution("y1", "w2", "z2", 2),
                 node(spec.activation, {"z2"}, {"y2"}),
                 node("Flatten", {"y2"}, {"flat"}),
                 node("Gemm", {"flat", "w3"}, {"logits"}, {integer_attribute("transB", 1)})};
  parts.initializers = {drawn("w1", {spec.first, 2, 3, 3}, 1),
                        drawn("w2", {spec.second, spec.first, 3, 3}, 2),
                        drawn("w3", {spec.classes, spec.second * side * side}, 3)};
  parts.inputs = {value_info("x", {spec.batch, 2, 6, 6})};
  parts.outputs = {value_info("logits", {spec.batch, spec.classes})};
  onnx_import::ImportOptions options;
  options.dtype = spec.dtype;
  return onnx_import::load_bytes(as_bytes(model(graph(parts))), options,
                                 runtime::evaluator(kernels()));
}

Literal data_for(const Model& model) { return uniform(images_type(model, 1), 17); }

double relative_error(const Literal& came, const Literal& truth) {
  const std::vector<double> a = came.doubles(), b = truth.doubles();
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / norm);
}

}  // namespace

TEST_CASE("R-GAP solves a sigmoid network of convolutions with biases exactly") {
  const Model model = sigmoid_network({.dtype = DType::f64});
  const Literal x = data_for(model);
  const ChainSolution found = solve_chain(observed_problem(model, {}, x, labels({2})));
  CHECK(found.consistent());
  REQUIRE(found.layers.size() == 3);
  CHECK(found.layers[0].node == "fc (Gemm)");
  CHECK(found.layers[2].unknowns == 64);
  CHECK(found.layers[2].rank == 64);
  CHECK(found.layers[2].equations == 6 * 16 + 6 * 9);
  CHECK(relative_error(found.example, x) < 1e-6);
}

TEST_CASE("R-GAP solves LeakyReLU chains without biases, for two and more classes") {
  for (const std::int64_t classes : {2, 3, 5}) {
    CAPTURE(classes);
    const Model model = conv_chain({.classes = classes});
    const Literal x = data_for(model);
    for (const std::int64_t label : {0, 1}) {
      const ChainSolution found = solve_chain(observed_problem(model, {}, x, labels({label})));
      CHECK(found.consistent());
      CHECK(relative_error(found.example, x) < 1e-6);
    }
  }
}

TEST_CASE(
    "R-GAP takes of the two inputs that a binary loss allows the one that the layers confirm") {
  const Model model = conv_chain({.classes = 1});
  const Literal x = data_for(model);
  Problem problem;
  problem.loss.kind = LossKind::binary_cross_entropy;
  std::int64_t most_starts = 0;
  for (const double target : {0.0, 1.0}) {
    const Literal y = Literal::of<double>({1, 1}, std::vector<double>{target});
    const ChainSolution found = solve_chain(observed_problem(model, problem, x, y));
    most_starts = std::max(most_starts, found.starts);
    CHECK(found.consistent());
    CHECK(relative_error(found.example, x) < 1e-6);
  }
  CHECK(most_starts > 1);
}

TEST_CASE("R-GAP goes through fully connected layers, ReLU and SGD deltas") {
  const Model model = gemm_model({.activation = "Relu"});
  const Literal x = data_for(model);
  Problem problem;
  problem.observed.kind = UpdateKind::delta;
  problem.training.sgd = {.rate = 0.05, .weight_decay = 0.1};
  for (const UpdateKind kind : {UpdateKind::gradient, UpdateKind::delta}) {
    problem.observed.kind = kind;
    const ChainSolution found = solve_chain(observed_problem(model, problem, x, labels({2})));
    CHECK(found.consistent());
    CHECK(relative_error(found.example, x) < 1e-9);
  }
}

TEST_CASE("R-GAP reports a layer whose equations do not determine its input") {
  const Model model = conv_chain({.first = 1, .stride = 2});  // 72 unknowns, 9 + 18 equations
  const Literal x = data_for(model);
  const ChainSolution found = solve_chain(observed_problem(model, {}, x, labels({2})));
  CHECK_FALSE(found.consistent());
  CHECK(found.layers.back().unknowns == 72);
  CHECK(found.layers.back().equations == 27);
  CHECK(found.layers.back().rank <= 27);
  CHECK(relative_error(found.example, x) > 1e-2);
}

TEST_CASE("R-GAP sees by the residual that an update belongs to other weights") {
  const Model model = sigmoid_network({.dtype = DType::f64});
  Problem problem = observed_problem(model, {}, data_for(model), labels({2}));
  const Model other = sigmoid_network({.dtype = DType::f64, .weight_scale = 0.4});
  problem.model = &other;
  CHECK_FALSE(solve_chain(problem).consistent());
}

TEST_CASE("R-GAP refuses by name what is outside of its class") {
  const auto refusal = [](const Model& model, Problem problem) {
    problem.model = &model;
    for (const Parameter& parameter : model.parameters)
      problem.observed.tensors.emplace_back(parameter.initial);
    try {
      solve_chain(problem);
    } catch (const UnsupportedError& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  const auto refuses = [&](const Model& model, const Problem& problem, std::string_view reason) {
    const std::string came = refusal(model, problem);
    CAPTURE(came);
    CHECK(came.find(reason) != std::string::npos);
  };
  refuses(batch_norm_network({.batch = 1}), {}, "is no layer or invertible activation");
  refuses(twin_network(), {}, "is no layer or invertible activation of a chain");
  refuses(conv_chain({.batch = 2}), {}, "an update of one example expected");
  const Model chain = conv_chain({});
  Problem steps;
  steps.training.steps = 2;
  refuses(chain, steps, "one local step expected, 2 came");
  Problem adam;
  adam.observed.kind = UpdateKind::delta;
  adam.training.optimizer = LocalOptimizer::adam;
  refuses(chain, adam, "Adam came");
  Problem regression;
  regression.loss.kind = LossKind::squared_error;
  refuses(chain, regression, "a squared error without a bias came");
}

TEST_CASE("a chain is described layer by layer") {
  const ChainSearch found = find_chain(conv_chain({}));
  REQUIRE(found.layers.size() == 3);
  CHECK(found.layers[0].activation == ChainActivation::leaky_relu);
  CHECK(found.layers[0].slope == doctest::Approx(0.01));
  CHECK(found.layers[1].conv->stride == std::vector<std::int64_t>{2, 2});
  CHECK(found.layers[2].activation == ChainActivation::none);
  CHECK_FALSE(found.layers[2].bias);
  CHECK(found.layers[2].inputs == 54);
}

}  // namespace palimpsest::inversion
