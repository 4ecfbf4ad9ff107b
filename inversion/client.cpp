#include "inversion/client.h"

#include <numeric>

#include "autodiff/autodiff.h"
#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/nn/loss.h"
#include "ops/nn/norm.h"
#include "ops/pointwise/binary.h"
#include "passes/fold_scales.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {
namespace {

std::vector<Value> arguments(const Model& model, Value images, Operands parameters) {
  std::vector<Value> values(model.function.inputs.size());
  for (const DataInput& input : model.data) values[input.input] = images;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    values[model.parameters[i].input] = parameters[i];
  return values;
}

Value loss_of(const LossSpec& loss, Value prediction, Value targets) {
  const LabelScope label(prediction.graph(), "loss");
  switch (loss.kind) {
    case LossKind::cross_entropy:
      return nn::soft_cross_entropy(prediction, targets, loss.reduction);
    case LossKind::binary_cross_entropy:
      return nn::bce_with_logits(prediction, targets, loss.reduction);
    case LossKind::squared_error:
      return nn::mse(prediction, targets, loss.reduction);
  }
  return prediction;
}

/// The wanted values as a function of the model's inputs, with scales folded into weights.
Function folded(const Model& model, Operands wanted) {
  Function function;
  for (const Value input : model.function.inputs)
    function.inputs.push_back(function.graph->input(input.type()));
  function.outputs = inlined(*function.graph, model.function, function.inputs, wanted);
  std::vector<std::size_t> data;
  for (const DataInput& input : model.data) data.push_back(input.input);
  return passes::fold_scales(function, data);
}

/// By site: batch statistics where they are wanted, else null values. Layers in training mode have
/// theirs anyway.
std::vector<BatchStatistics> statistics_of(const Model& model, Operands copies,
                                           Statistics statistics) {
  std::vector<BatchStatistics> result;
  std::size_t next = 0;
  for (const BatchNormSite& site : model.batch_norms) {
    if (site.train) {
      result.push_back({copies[next], copies[next + 1]});
      next += 2;
    } else if (statistics == Statistics::none) {
      result.emplace_back();
    } else {
      const nn::Statistics made = nn::batch_statistics(copies[next++]);
      result.push_back({made.mean, made.variance});
    }
  }
  return result;
}

/// The model on one batch. Statistics of all layers where they are wanted, else of those in
/// training mode, the others being null.
FirstBatch forward(const Problem& problem, Value images, Value targets, Operands parameters,
                   Statistics statistics) {
  const Model& model = *problem.model;
  std::vector<Value> wanted{prediction(model, problem.loss)};
  for (const BatchNormSite& site : model.batch_norms) {
    if (site.train)
      wanted.insert(wanted.end(), {site.batch_mean, site.batch_variance});
    else if (statistics == Statistics::of_batch)
      wanted.push_back(site.input);
  }
  const std::vector<Value> copies =
      inlined(images.graph(), folded(model, wanted), arguments(model, images, parameters));
  return {loss_of(problem.loss, copies.front(), targets),
          statistics_of(model, std::span(copies).subspan(1), statistics)};
}

/// The rows of one local step's batch.
Value batch_of(Value examples, const std::vector<std::int64_t>& rows) {
  bool consecutive = true;
  for (std::size_t i = 1; i < rows.size(); ++i) consecutive &= rows[i] == rows[i - 1] + 1;
  const auto count = static_cast<std::int64_t>(rows.size());
  if (consecutive) return slice_axis(examples, 0, rows.front(), count);
  return take(examples, examples.graph().constant(Literal::of<std::int64_t>({count}, rows)), 0);
}

/// The weights of one client and what its optimiser carries from step to step.
struct Weights {
  std::vector<Value> values;
  std::vector<Value> velocity;                 // SGD
  std::vector<optimizers::AdamState> moments;  // Adam
};

void adam_step(const LocalTraining& training, std::int64_t step, Operands gradients,
               Weights& weights) {
  const auto numbers = optimizers::adam_numbers(training.adam, training.adam_rate, step + 1);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    Value& w = weights.values[i];
    Graph& graph = w.graph();
    const TensorType scalar{w.dtype(), {}};
    const auto result = optimizers::adam(
        w, gradients[i], weights.moments[i],
        {full(graph, scalar, numbers.size), full(graph, scalar, numbers.scale)}, training.adam);
    w = result.variable;
    weights.moments[i] = result.state;
  }
}

void train_step(const LocalTraining& training, std::int64_t step, Operands gradients,
                Weights& weights) {
  if (training.optimizer == LocalOptimizer::adam)
    return adam_step(training, step, gradients, weights);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto result =
        optimizers::sgd(weights.values[i], gradients[i], weights.velocity[i], training.sgd);
    weights.values[i] = result.variable;
    weights.velocity[i] = result.velocity;
  }
}

Weights initial_weights(Operands parameters) {
  Weights weights{
      {parameters.begin(), parameters.end()}, std::vector<Value>(parameters.size()), {}};
  for (const Value w : parameters) weights.moments.push_back({zeros_like(w), zeros_like(w)});
  return weights;
}

std::vector<NamedValue> running_statistics(const Model& model, Graph& graph) {
  std::vector<NamedValue> statistics;
  for (const BatchNormSite& site : model.batch_norms) {
    if (!site.train) continue;
    statistics.push_back({site.mean_name, graph.constant(site.running_mean)});
    statistics.push_back({site.variance_name, graph.constant(site.running_variance)});
  }
  return statistics;
}

/// running = running * m + batch * (1 - m), with torch's n / (n - 1) on the variance.
void move_statistics(const Model& model, std::span<const BatchStatistics> batch,
                     std::vector<NamedValue>& running) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const BatchNormSite& site = model.batch_norms[i];
    if (!site.train) continue;
    const Shape& shape = site.input.shape();
    const std::int64_t per_channel = shape.elements() / shape[1];
    const auto count = static_cast<double>(per_channel);
    const auto move = [&](Value seen, double correction) {
      Value& value = running[next++].value;
      value = value * site.momentum + seen * (correction * (1 - site.momentum));
    };
    move(batch[i].mean, 1);
    move(batch[i].variance, count / (count - 1));
  }
}

SimulatedUpdate named(const ClientGraph& graph, const Model& model,
                      const std::vector<Literal>& values) {
  SimulatedUpdate update;
  std::size_t next = 0;
  for (const Parameter& parameter : model.parameters)
    update.tensors.emplace_back(parameter.name, values[next++]);
  for (const NamedValue& buffer : graph.buffers)
    update.buffers.emplace_back(buffer.name, values[next++]);
  update.loss = values[next].doubles().front();
  return update;
}

}  // namespace

std::vector<std::int64_t> batch_rows(const Problem& problem, std::int64_t step) {
  const std::int64_t batch = batch_size(*problem.model);
  std::vector<std::int64_t> rows(static_cast<std::size_t>(batch));
  for (std::int64_t i = 0; i < batch; ++i) {
    const std::int64_t at = step * batch + i;
    rows[static_cast<std::size_t>(i)] = problem.training.order.empty()
                                            ? at % problem.examples
                                            : problem.training.order[static_cast<std::size_t>(at)];
  }
  return rows;
}

FirstBatch first_batch(const Problem& problem, Value images, Value targets, Operands parameters,
                       Statistics statistics) {
  const std::vector<std::int64_t> rows = batch_rows(problem, 0);
  FirstBatch first =
      forward(problem, batch_of(images, rows), batch_of(targets, rows), parameters, statistics);
  if (statistics == Statistics::none) first.statistics.clear();
  return first;
}

ClientGraph client(const Problem& problem, Value images, Value targets, Operands parameters,
                   Statistics statistics) {
  const Model& model = *problem.model;
  ClientGraph result;
  result.buffers = running_statistics(model, images.graph());
  Weights weights = initial_weights(parameters);
  for (std::int64_t step = 0; step < problem.training.steps; ++step) {
    const std::vector<std::int64_t> rows = batch_rows(problem, step);
    const bool first = step == 0;
    FirstBatch pass = forward(problem, batch_of(images, rows), batch_of(targets, rows),
                              weights.values, first ? statistics : Statistics::none);
    const std::vector<Value> gradients = autodiff::gradient(pass.loss, weights.values);
    train_step(problem.training, step, gradients, weights);
    move_statistics(model, pass.statistics, result.buffers);
    if (!first) continue;
    result.gradients = gradients;
    result.first.loss = pass.loss;
    if (statistics == Statistics::of_batch) result.first.statistics = std::move(pass.statistics);
  }
  result.update = result.gradients;
  if (problem.observed.kind == UpdateKind::delta)
    for (std::size_t i = 0; i < parameters.size(); ++i)
      result.update[i] = weights.values[i] - parameters[i];
  return result;
}

SimulatedUpdate simulate(const Problem& problem, const Literal& images, const Literal& targets,
                         const runtime::KernelTable& kernels, int threads) {
  const Model& model = *problem.model;
  const TensorType type = images_type(model, problem.examples);
  const Literal rows = target_rows(model, problem.loss, targets);
  if (!(images.shape() == type.shape) || rows.shape()[0] != problem.examples)
    throw InputError(text("simulation: images ", type, " and as many targets expected, ",
                          images.type(), " and ", targets.type(), " came"));
  Function function;
  Graph& graph = *function.graph;
  std::vector<Literal> initial;
  for (const Parameter& parameter : model.parameters) {
    function.inputs.push_back(graph.input(parameter.initial.type(), parameter.name));
    initial.push_back(parameter.initial);
  }
  const Value x = graph.constant(images.converted(type.dtype));
  const ClientGraph made = client(problem, x, graph.constant(rows), function.inputs);
  function.outputs = made.update;
  for (const NamedValue& buffer : made.buffers) function.outputs.push_back(buffer.value);
  function.outputs.push_back(made.first.loss);
  return named(made, model, runtime::evaluate(function, initial, kernels, threads));
}

}  // namespace palimpsest::inversion
