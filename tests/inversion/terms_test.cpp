// The terms of the objective beside the distance: values by hand, gradients as slopes.

#include <doctest/doctest.h>

#include <cmath>

#include "inversion/generator.h"
#include "inversion/objective.h"
#include "ops/pointwise/binary.h"
#include "runtime/evaluate.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace small_models;

/// An objective of one variable, built once and evaluated where one likes.
class Slope {
 public:
  using Build = Candidate (*)(const Problem&, Value variable, Value targets);

  Slope(const Problem& problem, const ObjectiveSpec& spec, const TensorType& type,
        const Literal& labels, Build build)
      : type_(type) {
    Graph& graph = *function_.graph;
    const Model& model = *problem.model;
    const Value variable = graph.input(type);
    function_.inputs = {variable};
    for (const Parameter& parameter : model.parameters) {
      function_.inputs.push_back(graph.input(parameter.initial.type()));
      weights_.push_back(parameter.initial);
    }
    const Value targets = graph.constant(target_rows(model, problem.loss, labels));
    const Objective built = objective(problem, spec, build(problem, variable, targets),
                                      Operands(function_.inputs).subspan(1));
    function_.outputs = {built.total, built.gradient[0]};
    for (const Term& term : built.terms) function_.outputs.push_back(term.value);
  }

  std::vector<Literal> at(const Literal& variable) const {
    std::vector<Literal> inputs{variable};
    inputs.insert(inputs.end(), weights_.begin(), weights_.end());
    return runtime::evaluate(function_, inputs, kernels());
  }

  /// The slope along a fixed direction by central differences, and by the gradient.
  std::pair<double, double> slopes(const Literal& point) const {
    constexpr double h = 1e-5;
    const auto moved = [&](double way) {
      std::vector<double> values = point.doubles();
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += way * std::cos(1.3 * double(i));
      return at(Literal::of<double>(type_.shape, values))[0].doubles()[0];
    };
    const std::vector<double> gradient = at(point)[1].doubles();
    double along = 0;
    for (std::size_t i = 0; i < gradient.size(); ++i)
      along += gradient[i] * std::cos(1.3 * double(i));
    return {(moved(h) - moved(-h)) / (2 * h), along};
  }

 private:
  TensorType type_;
  Function function_;
  std::vector<Literal> weights_;
};

Candidate of_images(const Problem&, Value variable, Value targets) {
  return {variable, targets, {}};
}

Candidate of_latent(const Problem& problem, Value variable, Value targets) {
  Candidate candidate{generated_images(problem, variable, targets), targets, {}};
  candidate.latent = variable;
  return candidate;
}

/// Drawn to a consensus of 0.25 everywhere, with weight 2.
Candidate of_group(const Problem&, Value variable, Value targets) {
  Candidate candidate{variable, targets, {}};
  candidate.consensus = full(variable.graph(), variable.type(), 0.25);
  candidate.group_weight = full(variable.graph(), {DType::f64, {}}, 2);
  return candidate;
}

void check_slope(const Slope& slope, const Literal& point) {
  const auto [expected, found] = slope.slopes(point);
  CHECK(found == doctest::Approx(expected).epsilon(1e-7));
  CHECK(std::abs(expected) > 1e-6);
}

struct Attacked {
  explicit Attacked(Mode mode = Mode::eval)
      : model(batch_norm_network({.batch = 2, .dtype = DType::f64}, mode)) {
    problem.examples = 2;
    images = picture(images_type(model, 2));
    problem = observed_problem(model, problem, images, targets);
  }
  Model model;
  Problem problem;
  Literal images, targets = labels({1, 2});
};

const Literal point = uniform({DType::f64, {2, 1, 4, 4}}, 11);

}  // namespace

TEST_CASE("the gradient of each term is the slope of the objective") {
  const Attacked attacked;
  const auto check = [&](const ObjectiveSpec& spec, Slope::Build build = of_images) {
    check_slope(Slope(attacked.problem, spec, point.type(), attacked.targets, build), point);
  };
  check({.matching = 0, .total_variation = 1});
  check({.matching = 0, .total_variation = 1, .variation = Variation::four_directions});
  check({.matching = 0, .image_norm = 1});
  check({.matching = 0, .statistics = 1, .first_statistics = 3});
  check({.matching = 0, .classification = 1});
  check({.matching = 0, .group_consistency = 1}, of_group);
}

TEST_CASE("with all terms together the gradient is still the slope, by either route") {
  const Attacked attacked;
  for (const Route route : {Route::forward_over_reverse, Route::reverse_over_reverse})
    for (const DistanceKind kind : {DistanceKind::l2_norms, DistanceKind::mean_squared_l2}) {
      const ObjectiveSpec spec{.distance = kind,
                               .matching = 2,
                               .transform = Transform::clipping,
                               .total_variation = 0.1,
                               .statistics = 0.5,
                               .group_consistency = 0.1,
                               .classification = 0.3,
                               .route = route};
      const Slope slope(attacked.problem, spec, point.type(), attacked.targets, of_group);
      const auto [expected, found] = slope.slopes(point);
      CHECK(found == doctest::Approx(expected).epsilon(1e-6));
    }
}

TEST_CASE("the gradient reaches the latent through the generator") {
  const Model model = sigmoid_network({.dtype = DType::f64});
  const Model made = generator({.classes = 4}, {.dtype = DType::f64, .weight_scale = 2});
  Problem problem = observed_problem(model, {}, picture(images_type(model, 1)), labels({3}));
  problem.generator = &made;
  problem.normalization = {{0.4}, {0.2}};
  const ObjectiveSpec spec{.distance = DistanceKind::cosine,
                           .total_variation = 0.1,
                           .latent_kl = 0.2,
                           .latent_norm = 0.05};
  const TensorType latent = latent_type(problem);
  for (const GeneratorRange range : {GeneratorRange::unit, GeneratorRange::symmetric}) {
    problem.generator_range = range;
    check_slope(Slope(problem, spec, latent, labels({3}), of_latent), uniform(latent, 5));
  }
}

TEST_CASE("the statistics of the batch itself are at distance zero, whatever the layer's mode") {
  for (const Mode mode : {Mode::train, Mode::eval}) {
    Attacked attacked(mode);
    const ObjectiveSpec spec{
        .matching = 0, .statistics = 1, .statistics_source = StatisticsSource::batch};
    attacked.problem.batch_statistics =
        revealed_statistics(attacked.problem, attacked.images, attacked.targets, kernels());
    const Slope slope(attacked.problem, spec, point.type(), attacked.targets, of_images);
    CHECK(slope.at(attacked.images)[0].doubles()[0] < 1e-14);
    CHECK(slope.at(point)[0].doubles()[0] > 1e-3);
  }
}

TEST_CASE("a train-mode client's running statistics give away those of its batch") {
  Attacked attacked(Mode::train);
  const SimulatedUpdate sent =
      simulate(attacked.problem, attacked.images, attacked.targets, kernels(), 1);
  attacked.problem.buffers = sent.buffers;
  const ObjectiveSpec spec{
      .matching = 0, .statistics = 1, .statistics_source = StatisticsSource::inferred};
  const Slope slope(attacked.problem, spec, point.type(), attacked.targets, of_images);
  CHECK(slope.at(attacked.images)[0].doubles()[0] < 1e-13);
  CHECK(slope.at(point)[0].doubles()[0] > 1e-3);
  attacked.problem.training.steps = 2;
  CHECK_THROWS_AS(known_statistics(attacked.problem, StatisticsSource::inferred), InputError);
}

TEST_CASE("statistics that nobody has are asked for by name") {
  const Attacked attacked;
  CHECK_THROWS_WITH_AS(known_statistics(attacked.problem, StatisticsSource::batch),
                       doctest::Contains("bn.running_mean"), InputError);
  const Model plain = sigmoid_network();
  Problem problem;
  problem.model = &plain;
  CHECK_THROWS_AS(known_statistics(problem, StatisticsSource::running), InputError);
}

TEST_CASE("a spec has the terms whose factors are not 0") {
  CHECK(term_names({.total_variation = 1}) ==
        std::vector<std::string_view>{"matching", "total_variation"});
  CHECK(term_names({.matching = 0, .classification = 1}) ==
        std::vector<std::string_view>{"classification"});
}

TEST_CASE("a normal latent has no divergence and the expected norm") {
  Function function;
  const Value z = function.graph->input({DType::f64, {1, 4}});
  function.inputs = {z};
  function.outputs = {latent_divergence(z), latent_norm_error(z)};
  const auto at = [&](const std::vector<double>& values) {
    return runtime::evaluate(function, std::vector{Literal::of<double>({1, 4}, values)}, kernels());
  };
  CHECK(std::abs(at({1, -1, 1, -1})[0].doubles()[0]) < 1e-15);
  CHECK(std::abs(at({1, -1, 1, -1})[1].doubles()[0]) < 1e-15);
  // Mean 1, variance 4: -(1 + log 4 - 1 - 4) / 2; squares add up to 20.
  CHECK(at({3, -1, 3, -1})[0].doubles()[0] == doctest::Approx((4 - std::log(4.0)) / 2));
  CHECK(at({3, -1, 3, -1})[1].doubles()[0] == doctest::Approx(16 * 16));
}

TEST_CASE("a generator that does not fit the model is refused with what was expected") {
  const Model model = sigmoid_network();
  Problem problem;
  problem.model = &model;
  CHECK_THROWS_AS(check_generator(problem), InputError);
  const Model two_rows = generator({}, {.batch = 2});
  problem.generator = &two_rows;
  CHECK_THROWS_WITH_AS(check_generator(problem), doctest::Contains("1 rows"), InputError);
  const Model classifier = perceptron();
  problem.generator = &classifier;
  CHECK_THROWS_AS(check_generator(problem), UnsupportedError);
}

TEST_CASE("images of another size are brought to the model's by area") {
  const Model model = sigmoid_network({.dtype = DType::f64});
  const Model large = generator({.extent = 12}, {.dtype = DType::f64, .weight_scale = 2});
  Problem problem;
  problem.model = &model;
  problem.generator = &large;
  Function function;
  const Value z = function.graph->input(latent_type(problem));
  function.inputs = {z};
  function.outputs = {generated_images(problem, z, {})};
  const Literal latent = uniform(z.type(), 3);
  const std::vector<double> found =
      runtime::evaluate(function, std::vector{latent}, kernels())[0].doubles();
  std::vector<Literal> inputs{latent};
  for (const Parameter& parameter : large.parameters) inputs.push_back(parameter.initial);
  const std::vector<double> made =
      runtime::evaluate(large.function, inputs, kernels())[0].doubles();
  // 12 to 8: pixel 0 covers pixel 0 and half of pixel 1, in both directions.
  const double expected = (made[0] + 0.5 * made[1] + 0.5 * made[12] + 0.25 * made[13]) / 2.25;
  CHECK(found[0] == doctest::Approx(expected));
}

}  // namespace palimpsest::inversion
