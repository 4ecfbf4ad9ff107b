#include "inversion/objective.h"

#include <array>

#include "autodiff/autodiff.h"
#include "inversion/attack_label.h"
#include "inversion/prior.h"
#include "ops/pointwise/binary.h"

namespace palimpsest::inversion {
namespace {

/// The observed part of an update: candidate values, literals and weights side by side.
struct Matched {
  std::vector<std::size_t> parameters;
  std::vector<Value> candidate;
  std::vector<Literal> observed;
  std::vector<double> weights;
};

Matched matched(const Problem& problem, const ObjectiveSpec& spec, Operands update) {
  if (!spec.weights.empty() && spec.weights.size() != update.size())
    throw InputError(text("objective: a weight for each of ", update.size(),
                          " parameters expected, ", spec.weights.size(), " came"));
  Matched result;
  for (std::size_t i = 0; i < update.size(); ++i) {
    const std::optional<Literal>& tensor = problem.observed.tensors[i];
    const double weight = spec.weights.empty() ? 1.0 : spec.weights[i];
    if (!tensor || weight == 0) continue;
    result.parameters.push_back(i);
    result.candidate.push_back(update[i]);
    result.observed.push_back(*tensor);
    result.weights.push_back(weight);
  }
  return result;
}

Value number(Graph& graph, double value) { return full(graph, {DType::f64, {}}, value); }

/// The priors on the images, summed into `total` and recorded one by one.
Value priors(const Problem& problem, const ObjectiveSpec& spec, Value images, Objective& terms) {
  const LabelScope label = attack_part(images.graph(), "prior");
  Value sum = number(images.graph(), 0);
  terms.total_variation = terms.image_norm = sum;
  if (spec.total_variation != 0) {
    const ImageAxes axes = image_axes(*problem.model);
    terms.total_variation = cast(total_variation(images, axes.height, axes.width), DType::f64);
    sum = sum + terms.total_variation * spec.total_variation;
  }
  if (spec.image_norm != 0) {
    terms.image_norm = cast(image_norm(images), DType::f64);
    sum = sum + terms.image_norm * spec.image_norm;
  }
  return sum;
}

/// d D / d variables = the tangent of dL/d variables when the parameters move along
/// v = dD/dg. `input_gradients` must be built before v, so that jvp need not look at v's nodes.
std::vector<Value> forward_over_reverse(const ClientGraph& made, const Matched& matched,
                                        Operands direction, Operands input_gradients,
                                        Operands parameters) {
  std::vector<Value> moved, v;
  for (std::size_t k = 0; k < matched.parameters.size(); ++k) {
    const std::size_t i = matched.parameters[k];
    moved.push_back(parameters[i]);
    // dD/dg from dD/du: the update u is the gradient g itself, or what one step makes of it. One
    // parameter at a time, because equal gradients (of biases that are added) are one node.
    v.push_back(autodiff::vjp(std::array{matched.candidate[k]}, std::array{direction[k]},
                              std::array{made.gradients[i]})
                    .front());
  }
  return autodiff::jvp(input_gradients, moved, v);
}

Route route_of(const Problem& problem, Route asked) {
  const bool one_step = problem.training.steps == 1;
  if (asked == Route::automatic)
    return one_step ? Route::forward_over_reverse : Route::reverse_over_reverse;
  if (asked == Route::forward_over_reverse && !one_step)
    throw InputError(text("route: forward over reverse needs an update of one local step, of ",
                          problem.training.steps, " came"));
  return asked;
}

}  // namespace

std::vector<Value> Candidate::variables() const {
  return target_logits ? std::vector{images, target_logits} : std::vector{images};
}

Objective objective(const Problem& problem, const ObjectiveSpec& spec, const Candidate& candidate,
                    Operands parameters) {
  const Route route = route_of(problem, spec.route);
  const std::vector<Value> variables = candidate.variables();
  const ClientGraph made = client(problem, candidate.images, candidate.targets, parameters);
  std::vector<Value> input_gradients;
  if (route == Route::forward_over_reverse)
    input_gradients = autodiff::gradient(made.loss, variables);

  const Matched tensors = matched(problem, spec, made.update);
  const Distance d = distance(spec.distance, tensors.candidate, tensors.observed, tensors.weights);
  Objective result;
  result.loss = made.loss;
  result.matching = d.value;
  if (route == Route::forward_over_reverse)
    result.gradient = forward_over_reverse(made, tensors, d.direction, input_gradients, parameters);
  // The priors come last: what they keep for their derivative need not live through the rest.
  const Value prior = priors(problem, spec, candidate.images, result);
  result.total = d.value * spec.matching + prior;
  if (route == Route::reverse_over_reverse) {
    result.gradient = autodiff::gradient(result.total, variables);
    return result;
  }
  const std::vector<Value> prior_gradient = autodiff::gradient(prior, variables);
  for (std::size_t i = 0; i < variables.size(); ++i)
    result.gradient[i] = result.gradient[i] * spec.matching + prior_gradient[i];
  return result;
}

}  // namespace palimpsest::inversion
