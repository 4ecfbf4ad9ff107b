#include "inversion/sent.h"

#include <cmath>

namespace palimpsest::inversion {
namespace {

/// The weights before training, by default the model's.
const Literal& weights_before(const Model& model, const std::vector<SentTensor>& sent,
                              std::size_t parameter) {
  return sent[parameter].before ? *sent[parameter].before : model.parameters[parameter].initial;
}

/// |sent - before| / |before| over all parameters.
double relative_distance(const Model& model, const std::vector<SentTensor>& sent) {
  double difference = 0, norm = 0;
  for (std::size_t p = 0; p < sent.size(); ++p) {
    if (!sent[p].value) continue;
    const std::vector<double> value = sent[p].value->doubles();
    const std::vector<double> before = weights_before(model, sent, p).doubles();
    for (std::size_t i = 0; i < value.size(); ++i) {
      difference += (value[i] - before[i]) * (value[i] - before[i]);
      norm += before[i] * before[i];
    }
  }
  return norm == 0 ? 1 : std::sqrt(difference / norm);
}

SentKind kind_of(const Model& model, const Update& update, const std::vector<SentTensor>& sent,
                 MappedUpdate& mapped) {
  if (update.kind) return *update.kind;
  // Local training moves weights little; a gradient is nowhere near them.
  const bool near = relative_distance(model, sent) < 0.5;
  mapped.warnings.push_back(
      near ? "the tensors lie near the weights before training: taken as weights; say so if not"
           : "taken as a gradient; if it is a difference of weights, say so");
  return near ? SentKind::weights : SentKind::gradient;
}

Literal combined(const Literal& value, double factor, const Literal* subtracted) {
  std::vector<double> values = value.doubles();
  const std::vector<double> others = subtracted ? subtracted->doubles() : std::vector<double>{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] *= factor;
    if (subtracted) values[i] -= others[i];
  }
  return Literal::of<double>(value.shape(), values);
}

/// The gradient belongs to the weights it was taken at; an attack at others finds nothing.
void compare_before(const Model& model, const std::vector<SentTensor>& sent, MappedUpdate& mapped) {
  std::size_t differing = 0;
  for (std::size_t p = 0; p < sent.size(); ++p) {
    const Literal& initial = model.parameters[p].initial;
    if (sent[p].before && !(sent[p].before->converted(initial.dtype()) == initial)) ++differing;
  }
  if (differing > 0)
    mapped.warnings.push_back(text("the weights before training differ from the model's in ",
                                   differing,
                                   " tensors: the update belongs to another state of "
                                   "the model"));
}

}  // namespace

void observe(const Model& model, const Update& update, const std::vector<SentTensor>& sent,
             MappedUpdate& mapped) {
  if (!(update.scale != 0) || !std::isfinite(update.scale))
    throw InputError(text("update: a scale other than 0 expected, ", update.scale, " came"));
  mapped.kind = kind_of(model, update, sent, mapped);
  const bool weights = mapped.kind == SentKind::weights;
  const bool reversed = mapped.kind == SentKind::delta && update.sign == Sign::old_minus_new;
  mapped.observed.kind =
      mapped.kind == SentKind::gradient ? UpdateKind::gradient : UpdateKind::delta;
  for (std::size_t p = 0; p < sent.size(); ++p) {
    std::optional<Literal>& observed = mapped.observed.tensors.emplace_back();
    if (!sent[p].value) continue;
    const double factor = (reversed ? -1 : 1) / update.scale;
    const Literal* before = weights ? &weights_before(model, sent, p) : nullptr;
    observed =
        combined(*sent[p].value, factor, before).converted(model.parameters[p].initial.dtype());
  }
  if (weights && update.before.empty())
    mapped.warnings.push_back("weights without the weights before: the model's own were taken");
  compare_before(model, sent, mapped);
}

}  // namespace palimpsest::inversion
