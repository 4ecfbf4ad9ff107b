#include "inversion/problem.h"

#include <algorithm>

#include "ops/nn/loss.h"

namespace palimpsest::inversion {
namespace {

const DataInput& only_input(const Model& model) {
  if (model.data.size() == 1) return model.data.front();
  std::string names;
  for (const DataInput& input : model.data) names += " '" + input.name + "'";
  throw UnsupportedError(
      text("model: one data input expected, ", model.data.size(), " came:", names));
}

Value data_value(const Model& model) { return model.function.inputs[only_input(model).input]; }

void check_observed(const Model& model, const Observed& observed) {
  if (observed.tensors.size() != model.parameters.size())
    throw InputError(text("update: one entry for each of ", model.parameters.size(),
                          " parameters expected, ", observed.tensors.size(), " came"));
  bool any = false;
  for (std::size_t i = 0; i < observed.tensors.size(); ++i) {
    if (!observed.tensors[i]) continue;
    any = true;
    const Parameter& parameter = model.parameters[i];
    if (!(observed.tensors[i]->shape() == parameter.initial.shape()))
      throw InputError(text("update: tensor of '", parameter.name, "': ", parameter.initial.shape(),
                            " expected, ", observed.tensors[i]->shape(), " came"));
  }
  if (!any) throw InputError("update: no parameter has a tensor");
}

void check_training(const Problem& problem, std::int64_t batch) {
  const LocalTraining& training = problem.training;
  if (training.steps < 1)
    throw InputError(text("local training: at least one step expected, ", training.steps, " came"));
  if (problem.observed.kind == UpdateKind::gradient && training.steps != 1)
    throw InputError(text("local training: a gradient comes from one step, not ", training.steps));
  if (problem.examples % batch != 0 && training.order.empty())
    throw InputError(text("examples: a multiple of the model's batch size ", batch, " expected, ",
                          problem.examples, " came"));
  const std::vector<std::int64_t>& order = training.order;
  if (!order.empty() && std::cmp_not_equal(order.size(), training.steps * batch))
    throw InputError(text("local training: order of ", training.steps * batch,
                          " examples expected (steps x batch size), ", order.size(), " came"));
  for (const std::int64_t index : order)
    if (index < 0 || index >= problem.examples)
      throw InputError(text("local training: examples in [0, ", problem.examples,
                            ") expected in the order, ", index, " came"));
}

Literal one_hot_rows(const Literal& labels, const TensorType& rows) {
  const std::int64_t classes = rows.shape[1];
  const std::int64_t inner = rows.shape.elements() / (rows.shape[0] * classes);
  if (labels.elements() != rows.shape[0] * inner)
    throw InputError(text("labels: one for each of ", rows.shape[0] * inner,
                          " predictions expected, ", labels.type(), " came"));
  std::vector<double> values(static_cast<std::size_t>(rows.shape.elements()), 0);
  const std::vector<std::int64_t> indices = labels.integers();
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < 0 || indices[i] >= classes)
      throw InputError(
          text("labels: classes in [0, ", classes, ") expected, ", indices[i], " came"));
    const auto at = static_cast<std::int64_t>(i);
    values[static_cast<std::size_t>((at / inner * classes + indices[i]) * inner + at % inner)] = 1;
  }
  return Literal::of<double>(rows.shape, values).converted(rows.dtype);
}

}  // namespace

void check_normalization(const Model& model, const Normalization& normalization) {
  const std::vector<double>&mean = normalization.mean, &deviation = normalization.deviation;
  if (mean.empty() && deviation.empty()) return;
  const std::int64_t channels = data_value(model).shape()[image_axes(model).channel];
  if (std::cmp_not_equal(mean.size(), channels) || mean.size() != deviation.size())
    throw InputError(text("normalisation: a mean and a deviation for each of ", channels,
                          " channels expected, ", mean.size(), " and ", deviation.size(), " came"));
  for (const double value : deviation)
    if (!(value > 0))
      throw InputError(text("normalisation: deviations above 0 expected, ", value, " came"));
}

void check(const Problem& problem) {
  if (!problem.model) throw InputError("problem: a model is missing");
  const Model& model = *problem.model;
  const std::int64_t batch = batch_size(model);
  if (problem.examples < 1)
    throw InputError(text("examples: at least 1 expected, ", problem.examples, " came"));
  check_observed(model, problem.observed);
  check_training(problem, batch);
  check_normalization(model, problem.normalization);
  if (!problem.targets) return;
  const std::int64_t rows = target_rows(model, problem.loss, *problem.targets).shape()[0];
  if (rows != problem.examples)
    throw InputError(text("targets: ", problem.examples, " rows expected, ", rows, " came"));
}

Value prediction(const Model& model, const LossSpec& loss) {
  return loss.kind == LossKind::squared_error ? model.function.outputs.at(0) : model.logits;
}

std::int64_t batch_size(const Model& model) { return data_value(model).shape()[0]; }

TensorType images_type(const Model& model, std::int64_t examples) {
  const TensorType& type = data_value(model).type();
  return {type.dtype, type.shape.with(0, examples)};
}

TensorType targets_type(const Model& model, const LossSpec& loss, std::int64_t examples) {
  const TensorType& type = prediction(model, loss).type();
  if (type.shape.rank() < 2 || !is_float(type.dtype))
    throw UnsupportedError(text("loss: a model output [N, C, ...] expected, ", type, " came"));
  return {type.dtype, type.shape.with(0, examples)};
}

Literal target_rows(const Model& model, const LossSpec& loss, const Literal& targets) {
  if (targets.shape().rank() == 0) throw InputError("targets: a list expected, one number came");
  const TensorType rows = targets_type(model, loss, targets.shape()[0]);
  if (targets.dtype() == DType::i64 && loss.kind == LossKind::cross_entropy)
    return one_hot_rows(targets, rows);
  if (targets.shape().elements() != rows.shape.elements())
    throw InputError(text("targets: ", rows, " expected, ", targets.type(), " came"));
  return targets.converted(rows.dtype).reshaped(rows.shape);
}

ImageAxes image_axes(const Model& model) {
  const TensorType& type = data_value(model).type();
  if (type.shape.rank() != 4)
    throw UnsupportedError(text("images: a data input of rank 4 expected, ", type, " came"));
  return only_input(model).layout == ImageLayout::nhwc ? ImageAxes{3, 1, 2} : ImageAxes{1, 2, 3};
}

}  // namespace palimpsest::inversion
