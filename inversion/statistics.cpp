#include "inversion/statistics.h"

#include <algorithm>

#include "inversion/attack_label.h"
#include "ops/movement/movement.h"
#include "ops/nn/reduce.h"
#include "ops/pointwise/binary.h"
#include "runtime/evaluate.h"

namespace palimpsest::inversion {
namespace {

/// The tensor of that name and shape; `what` says whose in messages.
const Literal& named(const std::vector<NamedTensor>& tensors, const std::string& name,
                     const Shape& shape, std::string_view what) {
  const auto it =
      std::ranges::find_if(tensors, [&](const NamedTensor& one) { return one.first == name; });
  if (it != tensors.end() && it->second.shape() == shape && is_float(it->second.dtype()))
    return it->second;
  throw InputError(text("statistics: ", what, " '", name, "' of shape ", shape, " expected, ",
                        it == tensors.end() ? text("none") : text(it->second.type()), " came"));
}

/// (after - momentum * before) / (1 - momentum) / correction, element by element.
Literal moved_by(const Literal& before, const Literal& after, double momentum, double correction) {
  std::vector<double> values = after.doubles();
  const std::vector<double> old = before.doubles();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = (values[i] - momentum * old[i]) / (1 - momentum) / correction;
  return Literal::of<double>(after.shape(), values);
}

SiteStatistics inferred(const Problem& problem, const BatchNormSite& site) {
  if (problem.training.steps != 1)
    throw InputError(text("statistics: one local step expected to infer a batch's from, ",
                          problem.training.steps, " came"));
  if (site.momentum >= 1)
    throw InputError(text("statistics: ", site.node,
                          ": a momentum below 1 expected to infer from, ", site.momentum, " came"));
  const Shape& shape = site.input.shape();
  const std::int64_t per_channel = shape.elements() / shape[1];
  const auto count = static_cast<double>(per_channel);
  const auto sent = [&](const std::string& name, const Literal& before) -> const Literal& {
    return named(problem.buffers, name, before.shape(), "the update's running statistic");
  };
  SiteStatistics result{
      moved_by(site.running_mean, sent(site.mean_name, site.running_mean), site.momentum, 1),
      moved_by(site.running_variance, sent(site.variance_name, site.running_variance),
               site.momentum, count / (count - 1))};
  // Rounding of the sent statistics can leave a dead channel a hair below 0.
  std::vector<double> variance = result.variance.doubles();
  for (double& value : variance) value = std::max(value, 0.0);
  result.variance = Literal::of<double>(result.variance.shape(), variance);
  return result;
}

SiteStatistics revealed(const Problem& problem, const BatchNormSite& site) {
  const auto known = [&](const std::string& name, const Literal& like) -> const Literal& {
    return named(problem.batch_statistics, name, like.shape(), "the batch statistic");
  };
  return {known(site.mean_name, site.running_mean),
          known(site.variance_name, site.running_variance)};
}

Value distance_to(Value candidate, const Literal& known) {
  const Value target = candidate.graph().constant(known.converted(candidate.dtype()));
  return cast(reshape(nn::l2_norm(candidate - target), {}), DType::f64);
}

}  // namespace

std::vector<SiteStatistics> known_statistics(const Problem& problem, StatisticsSource source) {
  if (problem.model->batch_norms.empty())
    throw InputError("statistics: the model has no BatchNormalization to take them from");
  std::vector<SiteStatistics> known;
  for (const BatchNormSite& site : problem.model->batch_norms) switch (source) {
      case StatisticsSource::running:
        known.push_back({site.running_mean, site.running_variance});
        break;
      case StatisticsSource::batch:
        known.push_back(revealed(problem, site));
        break;
      case StatisticsSource::inferred:
        known.push_back(inferred(problem, site));
        break;
    }
  return known;
}

std::vector<NamedTensor> revealed_statistics(const Problem& problem, const Literal& images,
                                             const Literal& targets,
                                             const runtime::KernelTable& kernels) {
  const Model& model = *problem.model;
  Function function;
  Graph& graph = *function.graph;
  std::vector<Literal> weights;
  for (const Parameter& parameter : model.parameters) {
    function.inputs.push_back(graph.input(parameter.initial.type(), parameter.name));
    weights.push_back(parameter.initial);
  }
  const TensorType type = images_type(model, problem.examples);
  const FirstBatch first = first_batch(problem, graph.constant(images.converted(type.dtype)),
                                       graph.constant(target_rows(model, problem.loss, targets)),
                                       function.inputs, Statistics::of_batch);
  for (const BatchStatistics& site : first.statistics)
    function.outputs.insert(function.outputs.end(), {site.mean, site.variance});
  const std::vector<Literal> values = runtime::evaluate(function, weights, kernels, 1);
  std::vector<NamedTensor> named;
  for (const BatchNormSite& site : model.batch_norms) {
    named.emplace_back(site.mean_name, values[named.size()]);
    named.emplace_back(site.variance_name, values[named.size()]);
  }
  return named;
}

Value statistics_distance(std::span<const BatchStatistics> candidate,
                          std::span<const SiteStatistics> known, double first) {
  const LabelScope label = attack_part(candidate.front().mean.graph(), "statistics");
  Value sum;
  for (std::size_t i = 0; i < known.size(); ++i) {
    Value layer = distance_to(candidate[i].mean, known[i].mean) +
                  distance_to(candidate[i].variance, known[i].variance);
    if (i == 0) layer = layer * first;
    sum = sum ? sum + layer : layer;
  }
  return sum;
}

}  // namespace palimpsest::inversion
