#include "inversion/objective.h"

#include <algorithm>
#include <array>

#include "autodiff/autodiff.h"
#include "inversion/attack_label.h"
#include "ops/movement/movement.h"
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

/// D(T(u), u*) and dD/du for the candidate's update u.
Distance compared(const Problem& problem, const ObjectiveSpec& spec, const Matched& tensors) {
  const Transform wanted =
      spec.transform == Transform::recorded ? problem.known_transform : spec.transform;
  const Transformed made = transformed(wanted, tensors.candidate, tensors.observed);
  Distance d = distance(spec.distance, made.update, tensors.observed, tensors.weights);
  d.direction = made.pulled_back(d.direction);
  return d;
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

Value needed(Value value, std::string_view term, std::string_view what) {
  if (value) return value;
  throw InputError(text("objective: the term ", term, " needs ", what));
}

/// What the model says of the candidate, as far as a term needs it.
struct Seen {
  Value loss;
  std::vector<BatchStatistics> statistics;
  std::vector<Value> roots;           ///< what the client sees that depends on the variables
  std::vector<Value> root_gradients;  ///< of the distance; null values: by way of `matching`
  Value matching;                     ///< null without the term
};

Seen seen(const Problem& problem, const ObjectiveSpec& spec, const Candidate& candidate,
          Operands parameters) {
  const Value shown = candidate.shown ? candidate.shown : candidate.images;
  const Statistics wanted = spec.statistics != 0 ? Statistics::of_batch : Statistics::none;
  if (spec.matching == 0) {
    if (spec.statistics == 0 && spec.classification == 0) return {};
    FirstBatch first = first_batch(problem, shown, candidate.targets, parameters, wanted);
    return {first.loss, std::move(first.statistics), {}, {}, {}};
  }
  const Route route = route_of(problem, spec.route);
  const ClientGraph made = client(problem, shown, candidate.targets, parameters, wanted);
  Seen result{made.first.loss, made.first.statistics, {shown}, {}, {}};
  for (const Value further : {candidate.target_logits, candidate.surrogate})
    if (further) result.roots.push_back(further);
  std::vector<Value> input_gradients;
  if (route == Route::forward_over_reverse)
    input_gradients = autodiff::gradient(made.first.loss, result.roots);
  const Matched tensors = matched(problem, spec, made.update);
  const Distance d = compared(problem, spec, tensors);
  result.matching = d.value;
  if (route == Route::forward_over_reverse)
    result.root_gradients =
        forward_over_reverse(made, tensors, d.direction, input_gradients, parameters);
  return result;
}

Value total_variation_of(const Problem& problem, const ObjectiveSpec& spec, Value images) {
  const ImageAxes axes = image_axes(*problem.model);
  return total_variation(images, axes.height, axes.width, spec.variation);
}

Value statistics_of(const Problem& problem, const ObjectiveSpec& spec, const Seen& seen) {
  return statistics_distance(seen.statistics, known_statistics(problem, spec.statistics_source),
                             spec.first_statistics);
}

Value group_of(const Candidate& candidate) {
  const Value consensus = needed(candidate.consensus, "group_consistency", "a group of seeds");
  return group_distance(candidate.images, consensus) * candidate.group_weight;
}

/// One row a term: its name, its factor, and how it is made. The one list of them.
struct TermRule {
  std::string_view name;
  double ObjectiveSpec::*factor;
  Value (*value)(const Problem&, const ObjectiveSpec&, const Candidate&, const Seen&);
};

constexpr TermRule term_rules[] = {
    {"matching", &ObjectiveSpec::matching,
     [](const Problem&, const ObjectiveSpec&, const Candidate&, const Seen& seen) {
       return seen.matching;
     }},
    {"total_variation", &ObjectiveSpec::total_variation,
     [](const Problem& problem, const ObjectiveSpec& spec, const Candidate& candidate,
        const Seen&) { return total_variation_of(problem, spec, candidate.images); }},
    {"image_norm", &ObjectiveSpec::image_norm,
     [](const Problem&, const ObjectiveSpec&, const Candidate& candidate, const Seen&) {
       return image_norm(candidate.images);
     }},
    {"statistics", &ObjectiveSpec::statistics,
     [](const Problem& problem, const ObjectiveSpec& spec, const Candidate&, const Seen& seen) {
       return statistics_of(problem, spec, seen);
     }},
    {"group_consistency", &ObjectiveSpec::group_consistency,
     [](const Problem&, const ObjectiveSpec&, const Candidate& candidate, const Seen&) {
       return group_of(candidate);
     }},
    {"classification", &ObjectiveSpec::classification,
     [](const Problem&, const ObjectiveSpec&, const Candidate&, const Seen& seen) {
       return seen.loss;
     }},
    {"latent_kl", &ObjectiveSpec::latent_kl,
     [](const Problem&, const ObjectiveSpec&, const Candidate& candidate, const Seen&) {
       return latent_divergence(needed(candidate.latent, "latent_kl", "a latent to search"));
     }},
    {"latent_norm", &ObjectiveSpec::latent_norm,
     [](const Problem&, const ObjectiveSpec&, const Candidate& candidate, const Seen&) {
       return latent_norm_error(needed(candidate.latent, "latent_norm", "a latent to search"));
     }},
};

/// The terms by which the derivative goes in one reverse sweep, summed with their factors.
Value first_order(const ObjectiveSpec& spec, const std::vector<Term>& terms, Graph& graph) {
  Value sum;
  for (const TermRule& rule : term_rules) {
    if (spec.*rule.factor == 0 || rule.factor == &ObjectiveSpec::matching) continue;
    const auto it = std::ranges::find(terms, rule.name, &Term::name);
    const Value part = it->value * (spec.*rule.factor);
    sum = sum ? sum + part : part;
  }
  return sum ? sum : full(graph, {DType::f64, {}}, 0);
}

/// Of the total with respect to the variables: from the distance's derivative with respect to
/// what the client sees, and from the other terms.
std::vector<Value> gradient_of(const ObjectiveSpec& spec, const Seen& seen, Value total,
                               Value first_order, Operands variables) {
  if (seen.root_gradients.empty()) return autodiff::gradient(total, variables);
  std::vector<Value> outputs = seen.roots, cotangents;
  for (const Value gradient : seen.root_gradients) cotangents.push_back(gradient * spec.matching);
  outputs.push_back(first_order);
  cotangents.push_back(ones_like(first_order));
  return autodiff::vjp(outputs, cotangents, variables);
}

}  // namespace

std::vector<std::string_view> term_names(const ObjectiveSpec& spec) {
  std::vector<std::string_view> names;
  for (const TermRule& rule : term_rules)
    if (spec.*rule.factor != 0) names.push_back(rule.name);
  return names;
}

std::vector<Value> Candidate::variables() const {
  std::vector<Value> all{latent ? latent : images};
  if (target_logits) all.push_back(target_logits);
  all.insert(all.end(), generator_weights.begin(), generator_weights.end());
  if (surrogate) all.push_back(surrogate);
  return all;
}

Value Objective::term(std::string_view name) const {
  const auto it = std::ranges::find(terms, name, &Term::name);
  return it == terms.end() ? Value{} : it->value;
}

Objective objective(const Problem& problem, const ObjectiveSpec& spec, const Candidate& candidate,
                    Operands parameters) {
  const Seen made = seen(problem, spec, candidate, parameters);
  Graph& graph = candidate.images.graph();
  Objective result;
  result.loss = made.loss;
  // The priors come last: what they keep for their derivative need not live through the rest.
  const LabelScope label = attack_part(graph, "prior");
  for (const TermRule& rule : term_rules)
    if (spec.*rule.factor != 0)
      result.terms.push_back(
          {rule.name, cast(rule.value(problem, spec, candidate, made), DType::f64)});
  if (result.terms.empty()) throw InputError("objective: a term with a factor above 0 expected");
  const Value others = first_order(spec, result.terms, graph);
  result.total = made.matching ? made.matching * spec.matching + others : others;
  result.gradient = gradient_of(spec, made, result.total, others, candidate.variables());
  return result;
}

}  // namespace palimpsest::inversion
