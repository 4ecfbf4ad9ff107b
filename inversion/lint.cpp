#include <cmath>

#include "inversion/mapping.h"

namespace palimpsest::inversion {
namespace {

bool all_zero(const Literal& tensor) {
  for (const double value : tensor.doubles())
    if (value != 0) return false;
  return true;
}

const Literal* head_bias(const Model& model, const Observed& observed) {
  if (!model.has_head || model.head.bias_name.empty()) return nullptr;
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    if (model.parameters[i].name == model.head.bias_name && observed.tensors.at(i))
      return &*observed.tensors[i];
  return nullptr;
}

/// db = mean (p - y): probabilities and targets both sum to 1, so the entries sum to 0. Only
/// classes of the batch can be negative, and at most as many as there are examples; the
/// wrong sign turns the many small positive entries of absent classes negative.
void lint_bias(const Literal& bias, double sign, std::vector<std::string>& findings) {
  double sum = 0, magnitude = 0;
  std::size_t negative = 0, positive = 0;
  for (const double value : bias.doubles()) {
    sum += value;
    magnitude += std::abs(value);
    negative += value * sign < 0;
    positive += value * sign > 0;
  }
  if (magnitude == 0) return;
  if (std::abs(sum) > 1e-3 * magnitude)
    findings.push_back(text("the last layer's bias entries sum to ", sum, " of ", magnitude,
                            " in magnitude; cross-entropy after softmax gives 0: noise, "
                            "another loss, or a wrong mapping"));
  if (positive == 1 && negative > 1)
    findings.push_back(
        "the last layer's bias has one entry against all others, of the sign that "
        "absent classes have: the sign of the update may be turned round");
}

}  // namespace

std::vector<std::string> lint(const Model& model, const Observed& observed, const LossSpec& loss) {
  std::vector<std::string> findings;
  std::size_t zero = 0, tensors = 0;
  for (std::size_t i = 0; i < observed.tensors.size(); ++i) {
    if (!observed.tensors[i]) continue;
    ++tensors;
    if (!all_zero(*observed.tensors[i])) continue;
    ++zero;
    findings.push_back(text("'", model.parameters[i].name, "' is all zero"));
  }
  if (zero == tensors) findings.push_back("every tensor is zero: the update says nothing");
  const Literal* bias = head_bias(model, observed);
  if (bias && loss.kind == LossKind::cross_entropy)
    lint_bias(*bias, observed.kind == UpdateKind::delta ? -1 : 1, findings);
  return findings;
}

}  // namespace palimpsest::inversion
