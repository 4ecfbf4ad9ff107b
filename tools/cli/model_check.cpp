#include "tools/cli/model_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autodiff/autodiff.h"
#include "inversion/client.h"
#include "inversion/objective.h"
#include "ops/cpu_kernels.h"
#include "ops/source/source.h"
#include "runtime/compile.h"

namespace palimpsest::tools {
namespace {

using inversion::Problem;
using inversion::Route;

// Differences in f64 lose about 1e-16 / step; a small step seldom crosses a kink, and train-mode
// BatchNormalization over few elements bends within 1e-9.
constexpr double steps[] = {1e-7, 1e-8, 1e-9, 1e-10};

Literal random_like(const TensorType& type, std::uint64_t seed, std::uint64_t stream) {
  const Random options{type, Distribution::normal, seed, stream};
  std::vector<double> values(static_cast<std::size_t>(type.shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = random_element(options, 0, i);
  return Literal::of(type.shape, values);
}

Literal moved(const Literal& x, const Literal& direction, double by) {
  std::vector<double> values = x.doubles();
  const std::span<const double> along = direction.values<double>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += by * along[i];
  return Literal::of(x.shape(), values);
}

double dot(const Literal& a, const Literal& b) {
  const std::span<const double> x = a.values<double>(), y = b.values<double>();
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

double relative_error(double came, double expected) {
  return std::abs(came - expected) / std::max(std::abs(expected), 1e-300);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Random labels as one-hot rows, and an update of other random data.
Problem random_problem(const Model& model, std::uint64_t seed, int threads) {
  Problem problem;
  problem.model = &model;
  problem.examples = model.function.inputs[model.data.front().input].shape()[0];
  problem.observed.tensors.resize(model.parameters.size());
  const TensorType targets = inversion::targets_type(model, problem.loss, problem.examples);
  std::vector<double> rows(static_cast<std::size_t>(targets.shape.elements()), 0);
  const std::int64_t classes = targets.shape[1],
                     inner = targets.shape.elements() / (targets.shape[0] * classes);
  for (std::int64_t n = 0; n < targets.shape[0]; ++n)
    for (std::int64_t i = 0; i < inner; ++i)
      rows[static_cast<std::size_t>((n * classes + (n + i) % classes) * inner + i)] = 1;
  problem.targets = Literal::of(targets.shape, rows);
  const Literal other = random_like(inversion::images_type(model, problem.examples), seed, 1);
  inversion::SimulatedUpdate update =
      inversion::simulate(problem, other, *problem.targets, all_cpu_kernels(), threads);
  for (std::size_t i = 0; i < update.tensors.size(); ++i)
    problem.observed.tensors[i] = std::move(update.tensors[i].second);
  return problem;
}

/// Inputs: images, parameters. Outputs: loss, distance, dD/dx by both routes, dL/dW.
Function derivatives_of(const Problem& problem) {
  Function function;
  Graph& graph = *function.graph;
  const Value images = graph.input(inversion::images_type(*problem.model, problem.examples));
  function.inputs.push_back(images);
  for (const Parameter& parameter : problem.model->parameters)
    function.inputs.push_back(graph.input(parameter.initial.type(), parameter.name));
  const Operands parameters = Operands(function.inputs).subspan(1);
  const inversion::Candidate candidate{images, graph.constant(*problem.targets), {}};
  inversion::ObjectiveSpec spec;
  spec.distance = inversion::DistanceKind::cosine;
  spec.route = Route::forward_over_reverse;
  const inversion::Objective forward = objective(problem, spec, candidate, parameters);
  spec.route = Route::reverse_over_reverse;
  const inversion::Objective reverse = objective(problem, spec, candidate, parameters);
  const inversion::ClientGraph made = client(problem, images, candidate.targets, parameters);
  function.outputs = {made.first.loss, reverse.term("matching"), forward.gradient.front(),
                      reverse.gradient.front()};
  function.outputs.insert(function.outputs.end(), made.gradients.begin(), made.gradients.end());
  return function;
}

/// The compiled derivatives at changing points.
class Point {
 public:
  Point(const Problem& problem, std::uint64_t seed, int threads)
      : program_(runtime::compile(derivatives_of(problem), kernels_, {.threads = threads})) {
    inputs_.push_back(random_like(program_.input_type(0), seed, 2));
    for (const Parameter& parameter : problem.model->parameters)
      inputs_.push_back(parameter.initial);
  }

  std::size_t inputs() const { return inputs_.size(); }
  const TensorType& type(std::size_t input) const { return program_.input_type(input); }

  /// All outputs at the point itself.
  std::vector<Literal> outputs() {
    run(inputs_);
    std::vector<Literal> all;
    for (std::size_t i = 0; i < program_.outputs(); ++i) all.push_back(program_.get(i));
    return all;
  }

  /// Central difference of a rank-0 output when some inputs move along directions.
  double difference(std::size_t output, std::size_t first, const std::vector<Literal>& along,
                    double step) {
    const auto value = [&](double by) {
      std::vector<Literal> at = inputs_;
      for (std::size_t i = 0; i < along.size(); ++i)
        at[first + i] = moved(at[first + i], along[i], by);
      run(at);
      return program_.get(output).doubles().front();
    };
    return (value(step) - value(-step)) / (2 * step);
  }

 private:
  void run(const std::vector<Literal>& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) program_.set(i, inputs[i]);
    program_.run();
  }

  runtime::KernelTable kernels_ = all_cpu_kernels();
  runtime::Program program_;
  std::vector<Literal> inputs_;
};

enum Output : std::size_t { loss, distance, by_forward, by_reverse, first_gradient };

/// The least error of several steps: shorter ones cross fewer kinks, longer ones round
/// less.
double least_error(Point& point, std::size_t output, std::size_t first,
                   const std::vector<Literal>& along, double expected) {
  double least = std::numeric_limits<double>::infinity();
  for (const double step : steps)
    least = std::min(least, relative_error(point.difference(output, first, along, step), expected));
  return least;
}

double gradient_error(Point& point, const std::vector<Literal>& outputs, std::uint64_t seed,
                      std::uint64_t stream) {
  std::vector<Literal> along;
  double expected = 0;
  for (std::size_t i = 1; i < point.inputs(); ++i) {
    along.push_back(random_like(point.type(i), seed, stream + i));
    expected += dot(outputs[first_gradient + i - 1], along.back());
  }
  return least_error(point, loss, 1, along, expected);
}

double matching_error(Point& point, const Literal& derivative, std::uint64_t seed,
                      std::uint64_t stream) {
  const std::vector<Literal> along{random_like(point.type(0), seed, stream)};
  return least_error(point, distance, 0, along, dot(derivative, along.front()));
}

}  // namespace

ModelCheck check_model(const Model& model, std::uint64_t seed, int directions, int threads) {
  if (model.function.inputs[model.data.front().input].dtype() != DType::f64)
    throw InputError("check: a model imported in f64 expected");
  const Problem problem = random_problem(model, seed, threads);
  Point point(problem, seed, threads);
  const std::vector<Literal> outputs = point.outputs();
  const Literal &forward = outputs[by_forward], &reverse = outputs[by_reverse];
  const Literal apart = moved(forward, reverse, -1);
  ModelCheck result;
  result.routes = std::sqrt(dot(apart, apart) / std::max(dot(reverse, reverse), 1e-300));
  for (int i = 0; i < directions; ++i) {
    const auto stream = 1000 + 1000 * static_cast<std::uint64_t>(i);
    result.gradient_errors.push_back(gradient_error(point, outputs, seed, stream));
    result.matching_errors.push_back(matching_error(point, reverse, seed, stream));
  }
  result.gradient = median(result.gradient_errors);
  result.matching = median(result.matching_errors);
  return result;
}

}  // namespace palimpsest::tools
