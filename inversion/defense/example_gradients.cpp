#include "inversion/defense/example_gradients.h"

#include <cstring>

#include "autodiff/autodiff.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {
namespace {

/// (parameters, images, targets) -> gradients of one batch's loss.
runtime::Program gradient_program(const Problem& problem, const runtime::KernelTable& kernels,
                                  int threads) {
  const Model& model = *problem.model;
  Function function;
  Graph& graph = *function.graph;
  for (const Parameter& parameter : model.parameters)
    function.inputs.push_back(graph.input(parameter.initial.type(), parameter.name));
  const std::vector<Value> parameters = function.inputs;
  const std::int64_t batch = batch_size(model);
  const Value x = graph.input(images_type(model, batch), "images");
  const Value y = graph.input(targets_type(model, problem.loss, batch), "targets");
  function.inputs.insert(function.inputs.end(), {x, y});
  Problem one = problem;  // whose examples are those of one batch
  one.examples = batch;
  one.training.order.clear();
  function.outputs = autodiff::gradient(first_batch(one, x, y, parameters).loss, parameters);
  passes::PassLog log;
  return runtime::compile(passes::optimize(function, runtime::evaluator(kernels), log), kernels,
                          {.threads = threads});
}

/// Fills a batch with one row of `all`.
void fill(std::span<std::byte> batch, const Literal& all, std::int64_t row) {
  const std::size_t bytes = all.type().bytes() / static_cast<std::size_t>(all.shape()[0]);
  for (std::size_t at = 0; at < batch.size(); at += bytes)
    std::memcpy(batch.data() + at, all.bytes() + static_cast<std::size_t>(row) * bytes, bytes);
}

}  // namespace

void demand_independent_examples(const Model& model, std::string_view defense) {
  for (const BatchNormSite& site : model.batch_norms)
    if (site.train)
      throw UnsupportedError(text(defense, ": independent examples expected, but '", site.node,
                                  "' normalises by the statistics of the batch; --bn eval"));
}

ExampleGradients::ExampleGradients(const Problem& problem, const Literal& images,
                                   const Literal& targets, const runtime::KernelTable& kernels,
                                   int threads)
    : parameters_(problem.model->parameters.size()),
      batch_(batch_size(*problem.model)),
      factor_(problem.loss.reduction == nn::Reduction::sum ? 1 / static_cast<double>(batch_) : 1),
      images_(images.converted(images_type(*problem.model, 1).dtype)),
      targets_(target_rows(*problem.model, problem.loss, targets)),
      program_(gradient_program(problem, kernels, threads)) {
  const TensorType type = images_type(*problem.model, problem.examples);
  if (!(images_.type() == type) || targets_.shape()[0] != problem.examples)
    throw InputError(text("examples: images ", type, " and as many targets expected, ",
                          images.type(), " and ", targets.type(), " came"));
}

std::vector<std::vector<double>> ExampleGradients::at(const std::vector<Literal>& weights,
                                                      std::int64_t example) {
  for (std::size_t p = 0; p < parameters_; ++p) program_.set(p, weights[p]);
  fill(program_.input(parameters_), images_, example);
  fill(program_.input(parameters_ + 1), targets_, example);
  program_.run();
  std::vector<std::vector<double>> gradients;
  for (std::size_t p = 0; p < parameters_; ++p) {
    gradients.push_back(program_.get(p).doubles());
    for (double& value : gradients.back()) value *= factor_;
  }
  return gradients;
}

}  // namespace palimpsest::inversion
