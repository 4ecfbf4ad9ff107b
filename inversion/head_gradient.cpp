#include "inversion/labels.h"

#include <utility>

namespace palimpsest::inversion {
namespace {

std::size_t parameter_named(const Model& model, const std::string& name) {
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    if (model.parameters[i].name == name) return i;
  throw InputError(
      text("label recovery: the last layer's '", name, "' is no parameter of the model"));
}

std::vector<double> transposed(const std::vector<double>& values, std::int64_t rows,
                               std::int64_t columns) {
  std::vector<double> result;
  result.reserve(values.size());
  for (std::int64_t j = 0; j < columns; ++j)
    for (std::int64_t i = 0; i < rows; ++i)
      result.push_back(values[static_cast<std::size_t>(i * columns + j)]);
  return result;
}

/// What turns an observed entry into the mean gradient of one batch.
double to_mean_gradient(const Problem& problem) {
  double factor = 1;
  if (problem.loss.reduction == nn::Reduction::sum)
    factor /= static_cast<double>(batch_size(*problem.model));
  if (problem.observed.kind == UpdateKind::delta)
    factor /= -problem.training.sgd.rate * static_cast<double>(problem.training.steps);
  return factor;
}

}  // namespace

HeadGradient head_gradient(const Problem& problem) {
  const Model& model = *problem.model;
  if (!model.has_head)
    throw InputError(
        "label recovery: a linear layer before the output expected, the model has none");
  if (problem.loss.kind != LossKind::cross_entropy)
    throw InputError("label recovery: the rules are for cross-entropy; give the targets instead");
  if (problem.observed.kind == UpdateKind::delta &&
      problem.training.optimizer == LocalOptimizer::adam)
    throw InputError(
        "label recovery: an Adam client's delta does not show the gradient's size; "
        "give the labels instead");
  const std::size_t weight = parameter_named(model, model.head.weight_name);
  const std::optional<Literal>& observed = problem.observed.tensors.at(weight);
  if (!observed)
    throw InputError(text("label recovery: the update lacks '", model.head.weight_name, "'"));

  HeadGradient head;
  const Shape& shape = observed->shape();
  const bool rows_are_classes = model.head.weight_is_output_by_input;
  head.classes = shape[rows_are_classes ? 0 : 1];
  head.features = shape[rows_are_classes ? 1 : 0];
  head.examples = problem.examples;
  const auto oriented = [&](std::vector<double> values) {
    return rows_are_classes ? std::move(values) : transposed(values, shape[0], shape[1]);
  };
  head.weight_gradient = oriented(observed->doubles());
  head.weight = oriented(model.parameters[weight].initial.doubles());
  if (!model.head.bias_name.empty()) {
    const std::size_t bias = parameter_named(model, model.head.bias_name);
    head.bias = model.parameters[bias].initial.doubles();
    if (problem.observed.tensors.at(bias))
      head.bias_gradient = problem.observed.tensors[bias]->doubles();
  }
  const double factor = to_mean_gradient(problem);
  for (double& value : head.weight_gradient) value *= factor;
  for (double& value : head.bias_gradient) value *= factor;
  return head;
}

}  // namespace palimpsest::inversion
