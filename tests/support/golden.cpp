#include "tests/support/golden.h"

#include <cmath>

#include "onnx_import/import.h"
#include "ops/cpu_kernels.h"
#include "ops/pointwise/binary.h"
#include "ops/window/window.h"
#include "passes/bind.h"
#include "passes/fold_scales.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"
#include "tools/io/npz.h"

namespace palimpsest::test {
namespace {

using namespace inversion;

const runtime::KernelTable& kernels() {
  static const runtime::KernelTable table = all_cpu_kernels();
  return table;
}

Model load(const std::filesystem::path& path, DType dtype) {
  onnx_import::ImportOptions options;
  options.dtype = dtype;
  return onnx_import::load(path, options, runtime::evaluator(kernels()));
}

/// |a - b| and |b|, squared and summed over several tensors.
struct Apart {
  double difference = 0, size = 0;
  void add(const Literal& came, const Literal& golden) {
    const std::vector<double> a = came.doubles(), b = golden.doubles();
    for (std::size_t i = 0; i < b.size(); ++i) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      size += b[i] * b[i];
    }
  }
  double relative() const { return std::sqrt(difference / size); }
};

double relative_error(const Literal& came, const Literal& golden) {
  Apart apart;
  apart.add(came, golden);
  return apart.relative();
}

std::vector<Literal> arguments_of(const Model& model, const Literal& x) {
  std::vector<Literal> arguments(model.function.inputs.size());
  arguments[model.data.front().input] =
      x.converted(model.function.inputs[model.data.front().input].dtype());
  for (const Parameter& parameter : model.parameters)
    arguments[parameter.input] = parameter.initial;
  return arguments;
}

Problem problem_of(const Model& model, const Golden& golden) {
  Problem problem;
  problem.model = &model;
  problem.examples = golden.x.shape()[0];
  problem.observed.tensors.resize(model.parameters.size());
  return problem;
}

/// What decides which way the forward pass goes, as booleans and positions.
std::vector<Value> branches(const Function& function) {
  std::vector<Value> decisions;
  const std::vector<bool> marked = reachable(function);
  const std::uint32_t end = function.graph->size();
  for (std::uint32_t index = 0; index < end; ++index) {
    const Value value = function.graph->value(index);
    const Node& node = value.node();
    if (!marked[index]) continue;
    if (node.op.as<Relu>()) decisions.push_back(less(zeros_like(node.inputs[0]), node.inputs[0]));
    if (node.op.as<Maximum>() || node.op.as<Minimum>())
      decisions.push_back(less(node.inputs[0], node.inputs[1]));
    if (value.dtype() == DType::boolean || node.op.as<WindowArgmax>()) decisions.push_back(value);
  }
  return decisions;
}

/// Of the forward pass as clients run it, with scales folded into weights.
std::vector<std::int64_t> decisions_at(const Model& model, const Literal& x) {
  std::vector<std::size_t> data;
  for (const DataInput& input : model.data) data.push_back(input.input);
  Function function = passes::fold_scales(model.function, data);
  function.outputs = branches(function);
  std::vector<std::int64_t> all;
  for (const Literal& decision : runtime::evaluate(function, arguments_of(model, x), kernels()))
    for (const std::int64_t value : decision.integers()) all.push_back(value);
  return all;
}

std::int64_t flips(const Model& narrow, const Model& wide, const Golden& golden) {
  std::int64_t count = 0;
  for (const Literal* x : {&golden.x, &golden.x_star}) {
    const std::vector<std::int64_t> a = decisions_at(narrow, *x), b = decisions_at(wide, *x);
    for (std::size_t i = 0; i < a.size(); ++i) count += a[i] != b[i];
  }
  return count;
}

/// Derivative of the distance with respect to the images, by the engine's attack objective.
Literal matching_gradient(const Problem& problem, const ObjectiveSpec& spec, const Golden& golden) {
  const Model& model = *problem.model;
  const Function function =
      matching_function(problem, spec, target_rows(model, problem.loss, golden.y));
  passes::PassLog log;
  const Function optimized = passes::optimize(function, runtime::evaluator(kernels()), log);
  runtime::Program program = runtime::compile(optimized, kernels());
  program.set(0, golden.x.converted(program.input_type(0).dtype));
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    program.set(i + 1, model.parameters[i].initial);
  program.run();
  return program.get(0);
}

/// Numbers of both signs.
Literal waves(const TensorType& type, std::size_t shift) {
  std::vector<double> values(static_cast<std::size_t>(type.shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(1.7 * static_cast<double>(i) + static_cast<double>(shift));
  return Literal::of<double>(type.shape, values).converted(type.dtype);
}

Literal images_of(const Problem& problem, const Literal& x) {
  return x.converted(images_type(*problem.model, problem.examples).dtype);
}

}  // namespace

Function matching_function(const Problem& problem, const ObjectiveSpec& spec,
                           const Literal& targets) {
  const Model& model = *problem.model;
  Function function;
  function.inputs.push_back(function.graph->input(images_type(model, problem.examples)));
  for (const Parameter& parameter : model.parameters)
    function.inputs.push_back(function.graph->input(parameter.initial.type(), parameter.name));
  const Objective made =
      objective(problem, spec, {function.inputs.front(), function.graph->constant(targets), {}},
                Operands(function.inputs).subspan(1));
  function.outputs = {made.gradient.front()};
  return function;
}

Model golden_model(const std::string& name) {
  const std::filesystem::path folder = PALIMPSEST_SOURCE_DIR "/tests/golden";
  return load(folder / (name + ".ts.onnx"), DType::f32);
}

Function matching_iteration(const Model& model, const ObjectiveSpec& spec) {
  Problem problem;
  problem.model = &model;
  problem.examples = batch_size(model);
  std::vector<std::pair<std::size_t, Literal>> weights;
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    const TensorType& type = model.parameters[i].initial.type();
    weights.emplace_back(i + 1, model.parameters[i].initial);
    problem.observed.tensors.emplace_back(waves(type, i));
  }
  const Literal targets = waves(targets_type(model, problem.loss, problem.examples), 99);
  passes::PassLog log;
  return passes::optimize(passes::bind(matching_function(problem, spec, targets), weights),
                          runtime::evaluator(kernels()), log);
}

Golden load_golden(const std::filesystem::path& npz) {
  Golden golden;
  const std::vector<std::pair<std::string_view, Literal*>> members{
      {"x", &golden.x},
      {"y", &golden.y},
      {"x_star", &golden.x_star},
      {"y_star", &golden.y_star},
      {"logits", &golden.logits},
      {"matching_cosine", &golden.matching_cosine},
      {"matching_l2", &golden.matching_l2}};
  std::size_t found = 0;
  for (const auto& [name, tensor] : tools::parse_npz(tools::read_file(npz), npz.string()).tensors) {
    if (name.starts_with("grad/")) golden.gradients.emplace_back(name.substr(5), tensor);
    for (const auto& [member, field] : members)
      if (name == member) {
        *field = tensor;
        ++found;
      }
  }
  if (found != members.size()) throw InputError(text(npz.string(), ": lacks a golden member"));
  return golden;
}

GoldenErrors golden_errors(const std::filesystem::path& path, const Golden& golden, DType dtype,
                           Route route) {
  const Model model = load(path, dtype);
  Problem problem = problem_of(model, golden);
  GoldenErrors errors;
  errors.logits = relative_error(
      runtime::evaluate(model.function, arguments_of(model, golden.x), kernels()).front(),
      golden.logits);

  const auto gradients_at = [&](const Literal& x, const Literal& y) {
    return simulate(problem, images_of(problem, x), y, kernels(), 1).tensors;
  };
  Apart gradients;
  const std::vector<NamedTensor> came = gradients_at(golden.x, golden.y);
  for (const auto& [name, expected] : golden.gradients)
    for (const auto& [parameter, tensor] : came)
      if (parameter == name && tensor.shape() == expected.shape()) {
        gradients.add(tensor, expected);
        ++errors.parameters;
      }
  errors.gradients = gradients.relative();

  const std::vector<NamedTensor> target = gradients_at(golden.x_star, golden.y_star);
  for (std::size_t i = 0; i < target.size(); ++i) problem.observed.tensors[i] = target[i].second;
  const auto matching_error = [&](DistanceKind distance, const Literal& reference) {
    return relative_error(
        matching_gradient(problem, {.distance = distance, .route = route}, golden), reference);
  };
  errors.matching_cosine = matching_error(DistanceKind::cosine, golden.matching_cosine);
  errors.matching_l2 = matching_error(DistanceKind::squared_l2, golden.matching_l2);
  if (dtype == DType::f32) errors.mask_flips = flips(model, load(path, DType::f64), golden);
  return errors;
}

}  // namespace palimpsest::test
