#include "inversion/start.h"

#include <algorithm>
#include <cmath>

#include "inversion/variables.h"
#include "ops/nn/softmax.h"
#include "ops/pointwise/unary.h"
#include "ops/source/source.h"

namespace palimpsest::inversion {
namespace {

Literal drawn(const TensorType& type, Distribution distribution, std::uint64_t seed,
              std::uint64_t stream) {
  const Random options{type, distribution, seed, stream};
  std::vector<double> values(static_cast<std::size_t>(type.shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = random_element(options, 0, i);
  return Literal::of<double>(type.shape, values).converted(type.dtype);
}

Literal fitting(const Literal& given, const TensorType& type, std::string_view what) {
  if (!(given.shape() == type.shape))
    throw InputError(
        text("attack: given ", what, ": ", type, " expected, ", given.type(), " came"));
  return given.converted(type.dtype);
}

/// The first images or latents: as given, else as the spec begins.
Literal first(const std::optional<Literal>& given, std::string_view what, const AttackSpec& spec,
              const TensorType& type, std::uint64_t stream) {
  if (given) return fitting(*given, type, what);
  if (spec.start == Start::zeros) return Literal::filled(type, 0);
  const auto distribution =
      spec.start == Start::uniform ? Distribution::uniform : Distribution::normal;
  return drawn(type, distribution, spec.seed, stream);
}

/// Softmax over axis 1, in place.
void normalize_classes(std::vector<double>& values, const Shape& shape) {
  const std::int64_t classes = shape[1], inner = shape.elements() / (shape[0] * classes);
  for (std::int64_t n = 0; n < shape[0]; ++n)
    for (std::int64_t i = 0; i < inner; ++i) {
      const auto at = [&](std::int64_t c) -> double& {
        return values[static_cast<std::size_t>((n * classes + c) * inner + i)];
      };
      double most = at(0), sum = 0;
      for (std::int64_t c = 1; c < classes; ++c) most = std::max(most, at(c));
      for (std::int64_t c = 0; c < classes; ++c) sum += at(c) = std::exp(at(c) - most);
      for (std::int64_t c = 0; c < classes; ++c) at(c) /= sum;
    }
}

}  // namespace

std::vector<Literal> start_variables(const Problem& problem, const AttackSpec& spec,
                                     std::int64_t restart) {
  const auto stream = 2 * static_cast<std::uint64_t>(restart);
  std::vector<Literal> start;
  std::size_t weight = 0;
  for (const Variable& variable : variables_of(problem, spec)) switch (variable.what) {
      case Unknown::images:
        start.push_back(first(spec.start_images, "start images", spec, variable.type, stream));
        break;
      case Unknown::latent:
        start.push_back(first(spec.start_latent, "start latent", spec, variable.type, stream));
        break;
      case Unknown::target_logits:
        start.push_back(
            spec.start_target_logits
                ? fitting(*spec.start_target_logits, variable.type, "start target logits")
                : drawn(variable.type, Distribution::normal, spec.seed, stream + 1));
        break;
      case Unknown::generator_weight:
        start.push_back(problem.generator->parameters[weight++].initial);
        break;
      case Unknown::surrogate_share:
        start.push_back(Literal::filled(variable.type, spec.surrogate.share));
        break;
    }
  return start;
}

KnownTargets known_targets(const Problem& problem, const AttackSpec& spec) {
  const Model& model = *problem.model;
  switch (spec.labels) {
    case LabelSource::joint:
      return {};
    case LabelSource::given:
      if (!problem.targets)
        throw InputError("attack: labels are 'given', but the problem has none");
      return {target_rows(model, problem.loss, *problem.targets), {}};
    case LabelSource::recover:
      break;
  }
  RecoveredLabels recovered = recover_labels(head_gradient(problem), spec.label_rule);
  const std::vector<std::int64_t> labels = labels_of(recovered.counts);
  const Literal classes = Literal::of<std::int64_t>({problem.examples}, labels);
  return {target_rows(model, problem.loss, classes), std::move(recovered)};
}

Value searched_targets(const LossSpec& loss, Value logits) {
  switch (loss.kind) {
    case LossKind::cross_entropy:
      return nn::softmax(logits, 1);
    case LossKind::binary_cross_entropy:
      return sigmoid(logits);
    case LossKind::squared_error:
      return logits;
  }
  return logits;
}

Literal searched_targets(const LossSpec& loss, const Literal& logits) {
  std::vector<double> values = logits.doubles();
  if (loss.kind == LossKind::cross_entropy) normalize_classes(values, logits.shape());
  if (loss.kind == LossKind::binary_cross_entropy)
    for (double& value : values) value = 1 / (1 + std::exp(-value));
  return Literal::of<double>(logits.shape(), values).converted(logits.dtype());
}

}  // namespace palimpsest::inversion
