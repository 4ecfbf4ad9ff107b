#include "inversion/defense/soteria.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "autodiff/autodiff.h"
#include "autodiff/vmap.h"
#include "inversion/defense/example_gradients.h"
#include "inversion/defense/stage.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "passes/bind.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {
namespace {

/// Units whose derivatives are computed in one run: the forward pass is shared by them.
constexpr std::int64_t most_lanes = 16;

/// (images, cotangent, parameters) -> per example ||d<cotangent, r>/dx||^2, and r. Rows do not see
/// each other, so a cotangent of all rows gives each row's own derivative.
Function scored(const Model& model) {
  Function function;
  Graph& graph = *function.graph;
  const Value x = graph.input(images_type(model, batch_size(model)), "images");
  const Value cotangent = graph.input(model.head.features.type(), "cotangent");
  function.inputs = {x, cotangent};
  std::vector<Value> arguments(model.function.inputs.size());
  for (const DataInput& input : model.data) arguments[input.input] = x;
  for (const Parameter& parameter : model.parameters) {
    arguments[parameter.input] = graph.input(parameter.initial.type(), parameter.name);
    function.inputs.push_back(arguments[parameter.input]);
  }
  const std::vector<Value> features =
      inlined(graph, model.function, arguments, std::vector{model.head.features});
  const Value dx = autodiff::vjp(features, std::vector{cotangent}, std::vector{x}).front();
  const std::int64_t rows = x.shape()[0];
  const Value flat = cast(reshape(dx, {rows, dx.shape().elements() / rows}), DType::f64);
  function.outputs = {reshape(reduce_sum(flat * flat, {1}), {rows}),
                      cast(features.front(), DType::f64)};
  return function;
}

/// (images, cotangents [lanes, ...]) -> the outputs of `scored`, [lanes, ...].
runtime::Program program_of(const DefenseRequest& request, std::int64_t lanes) {
  const Model& model = *request.problem->model;
  const runtime::KernelTable& kernels = *request.kernels;
  std::vector<std::pair<std::size_t, Literal>> known;
  for (std::size_t p = 0; p < model.parameters.size(); ++p)
    known.emplace_back(p + 2, model.parameters[p].initial);
  passes::PassLog log;
  const Function laned = autodiff::vmap(passes::bind(scored(model), known), lanes, {false, true});
  return runtime::compile(passes::optimize(laned, runtime::evaluator(kernels), log), kernels,
                          {.threads = request.threads});
}

/// In lane l a cotangent that is 1 at unit first + l in every row; at none beyond the last unit.
Literal one_unit_a_lane(const TensorType& type, std::int64_t first) {
  const std::int64_t lanes = type.shape[0], rows = type.shape[1], units = type.shape[2];
  std::vector<double> values(static_cast<std::size_t>(type.shape.elements()), 0);
  for (std::int64_t lane = 0; lane < lanes && first + lane < units; ++lane)
    for (std::int64_t row = 0; row < rows; ++row)
      values[static_cast<std::size_t>((lane * rows + row) * units + first + lane)] = 1;
  return Literal::of<double>(type.shape, values).converted(type.dtype);
}

/// The scores of a batch whose first `count` rows are examples, added to those before.
void add_scores(runtime::Program& program, std::int64_t count, double epsilon,
                std::vector<double>& scores) {
  const TensorType cotangents = program.input_type(1);
  const auto units = static_cast<std::int64_t>(scores.size());
  const std::int64_t lanes = cotangents.shape[0], rows = cotangents.shape[1];
  for (std::int64_t first = 0; first < units; first += lanes) {
    program.set(1, one_unit_a_lane(cotangents, first));
    program.run();
    const auto squares = program.output_as<double>(0), features = program.output_as<double>(1);
    for (std::int64_t lane = 0; lane < lanes && first + lane < units; ++lane)
      for (std::int64_t row = 0; row < count; ++row) {
        const auto unit = static_cast<std::size_t>(first + lane);
        const double size = std::abs(features[static_cast<std::size_t>(row * units) + unit]);
        scores[unit] +=
            std::sqrt(squares[static_cast<std::size_t>(lane * rows + row)]) / (size + epsilon);
      }
  }
}

/// `count` rows from `first`; the last one again beyond the end.
Literal rows_from(const Literal& all, std::int64_t first, std::int64_t count) {
  const TensorType type{all.dtype(), all.shape().with(0, count)};
  const std::size_t bytes = all.type().bytes() / static_cast<std::size_t>(all.shape()[0]);
  const auto data = Literal::allocate(type);
  for (std::int64_t row = 0; row < count; ++row) {
    const auto from = static_cast<std::size_t>(std::min(first + row, all.shape()[0] - 1));
    std::memcpy(data.get() + static_cast<std::size_t>(row) * bytes, all.bytes() + from * bytes,
                bytes);
  }
  return Literal(type, data);
}

std::size_t head_weight(const Model& model) {
  for (std::size_t p = 0; p < model.parameters.size(); ++p)
    if (model.parameters[p].name == model.head.weight_name) return p;
  throw UnsupportedError(text("soteria: the last layer's '", model.head.weight_name,
                              "' is no parameter of the model"));
}

}  // namespace

std::vector<double> soteria_scores(const DefenseRequest& request, double epsilon) {
  const Model& model = *request.problem->model;
  demand_independent_examples(model, "soteria");
  if (!model.has_head)
    throw UnsupportedError(
        "soteria: a linear layer before the output expected, the model has none");
  const TensorType type = images_type(model, request.problem->examples);
  if (!(request.data.images.shape() == type.shape))
    throw InputError(
        text("soteria: images ", type, " expected, ", request.data.images.type(), " came"));
  const Literal images = request.data.images.converted(type.dtype);
  const std::int64_t batch = batch_size(model), units = model.head.features.shape()[1];
  std::vector<double> scores(static_cast<std::size_t>(units), 0);
  runtime::Program program = program_of(request, std::min(units, most_lanes));
  // Every example counts once, whatever order the local batches take.
  for (std::int64_t first = 0; first < type.shape[0]; first += batch) {
    program.set(0, rows_from(images, first, batch));
    add_scores(program, std::min(batch, type.shape[0] - first), epsilon, scores);
  }
  return scores;
}

void apply(const Soteria& defense, Stage& stage) {
  const Model& model = *stage.request.problem->model;
  const std::vector<double> scores = soteria_scores(stage.request, defense.epsilon);
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  const auto count = static_cast<std::size_t>(defense.share * static_cast<double>(scores.size()));
  std::vector<bool> pruned(scores.size(), false);
  for (std::size_t i = 0; i < count; ++i) pruned[order[i]] = true;

  Literal& weight = stage.update.tensors[head_weight(model)].second;
  const auto units = scores.size();
  const auto classes = static_cast<std::size_t>(weight.elements()) / units;
  const bool by_output = model.head.weight_is_output_by_input;
  weight = changed(weight, [&](double value, std::size_t i) {
    return pruned[by_output ? i % units : i / classes] ? 0 : value;
  });
  stage.report.words = text("soteria: the gradient of '", model.head.weight_name, "' pruned at ",
                            count, " of ", units, " units");
}

}  // namespace palimpsest::inversion
