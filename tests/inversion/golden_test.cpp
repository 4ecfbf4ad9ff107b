#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>

#include "inversion/objective.h"
#include "onnx_import/import.h"
#include "ops/cpu_kernels.h"
#include "runtime/evaluate.h"
#include "tools/io/files.h"
#include "tools/io/npz.h"

namespace palimpsest::inversion {
namespace {

const std::string golden = std::string(PALIMPSEST_SOURCE_DIR) + "/tests/golden/";

using Tensors = std::map<std::string, Literal>;

Tensors tensors_of(const std::string& file) {
  Tensors tensors;
  for (auto& [name, tensor] : tools::parse_npz(tools::read_file(golden + file), file).tensors)
    tensors.emplace(name, tensor);
  return tensors;
}

Model model_of(const std::string& name) {
  onnx_import::ImportOptions options;
  options.dtype = DType::f64;
  return onnx_import::load(golden + name + ".ts.onnx", options,
                           runtime::evaluator(all_cpu_kernels()));
}

/// Batches of one image under a model for two: each image twice, whose mean loss is its own.
std::vector<std::int64_t> each_twice(std::int64_t steps, std::int64_t examples) {
  std::vector<std::int64_t> order;
  for (std::int64_t step = 0; step < steps; ++step) order.insert(order.end(), 2, step % examples);
  return order;
}

double relative_error(const Literal& value, const Literal& reference) {
  const std::vector<double> a = value.doubles(), b = reference.doubles();
  REQUIRE(a.size() == b.size());
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / norm);
}

/// The matching gradient at (x, y) against the update that the same client makes of the starred
/// batch.
Literal matching_gradient(Problem problem, const Tensors& data, const ObjectiveSpec& spec) {
  const Model& model = *problem.model;
  const runtime::KernelTable kernels = all_cpu_kernels();
  problem.observed.tensors.clear();
  for (auto& [name, tensor] :
       simulate(problem, data.at("x_star"), data.at("y_star"), kernels, 2).tensors)
    problem.observed.tensors.push_back(tensor);

  Function function;
  Graph& graph = *function.graph;
  const Value x = graph.input(images_type(model, problem.examples));
  std::vector<Value> parameters;
  std::vector<Literal> inputs{data.at("x").converted(DType::f64)};
  for (const Parameter& parameter : model.parameters) {
    parameters.push_back(graph.input(parameter.initial.type()));
    inputs.push_back(parameter.initial);
  }
  function.inputs = {x};
  function.inputs.insert(function.inputs.end(), parameters.begin(), parameters.end());
  const Value targets = graph.constant(target_rows(model, problem.loss, data.at("y")));
  function.outputs = objective(problem, spec, {x, targets, {}}, parameters).gradient;
  return runtime::evaluate(function, inputs, kernels, 2).front();
}

void check_matching(const Problem& problem, const Tensors& data) {
  const ObjectiveSpec l2, cosine{.distance = DistanceKind::cosine};
  CHECK(relative_error(matching_gradient(problem, data, l2), data.at("matching_l2")) < 1e-10);
  CHECK(relative_error(matching_gradient(problem, data, cosine), data.at("matching_cosine")) <
        1e-10);
}

}  // namespace

TEST_CASE("the matching gradient of whole networks agrees with PyTorch") {
  for (const std::string name : {"lenet", "resnet18", "resnet20"}) {
    CAPTURE(name);
    const Tensors data = tensors_of(name + ".npz");
    Problem problem;
    problem.examples = data.at("x").shape()[0];
    const Model model = model_of(name);
    problem.model = &model;
    check_matching(problem, data);
  }
}

TEST_CASE("local training and the gradient through it agree with PyTorch") {
  for (const std::string name : {"lenet", "resnet20"}) {
    CAPTURE(name);
    const Tensors data = tensors_of("fedavg/" + name + ".npz");
    Problem problem;
    problem.examples = data.at("x").shape()[0];
    problem.observed.kind = UpdateKind::delta;
    problem.training.steps = data.at("local_steps").integers()[0];
    REQUIRE(data.at("local_batch").integers()[0] == 1);
    problem.training.order = each_twice(problem.training.steps, problem.examples);
    problem.training.sgd.rate = data.at("local_rate").doubles()[0];
    const Model model = model_of(name);
    problem.model = &model;
    for (const NamedTensor& sent :
         simulate(problem, data.at("x"), data.at("y"), all_cpu_kernels(), 2).tensors) {
      CAPTURE(sent.first);
      CHECK(relative_error(sent.second, data.at("update/" + sent.first)) < 1e-10);
    }
    check_matching(problem, data);
  }
}

}  // namespace palimpsest::inversion
