#include "inversion/step_costs.h"

#include "autodiff/provenance.h"
#include "inversion/attack_label.h"
#include "ops/cost/flops.h"

namespace palimpsest::inversion {
namespace {

using autodiff::Provenance;
using runtime::StepInfo;

bool is_product_step(const StepInfo& step) { return step.op && is_product(*step.op); }

bool is_first_cotangent(const Provenance& from) { return from.reverse == 1 && from.forward == 0; }

/// By step: whether its result goes, through first cotangents only, into a product that is one.
std::vector<bool> feeds_cotangent_product(std::span<const StepInfo> steps,
                                          const std::vector<Provenance>& from) {
  std::vector<bool> feeds(steps.size(), false);
  for (std::size_t user = steps.size(); user-- > 0;)
    if (is_first_cotangent(from[user]) && (feeds[user] || is_product_step(steps[user])))
      for (const std::size_t producer : steps[user].producers) feeds[producer] = true;
  return feeds;
}

/// Nodes that nobody labelled belong to no part of the model.
bool is_of_model(const Provenance& from) {
  return !from.source.empty() && !from.source.starts_with(attack_label);
}

Role role_of(const Provenance& from, bool feeds_product) {
  if (from.forward > 0) return Role::tangent;
  if (from.reverse > 1) return Role::second_reverse;
  if (!is_of_model(from)) return Role::other;
  if (from.reverse == 0) return Role::forward;
  return feeds_product ? Role::input_gradient : Role::weight_gradient;
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::forward:
      return "forward";
    case Role::input_gradient:
      return "input gradient";
    case Role::weight_gradient:
      return "weight gradient";
    case Role::tangent:
      return "tangent";
    case Role::second_reverse:
      return "second reverse";
    case Role::other:
      break;
  }
  return "other";
}

std::vector<StepCost> step_costs(std::span<const StepInfo> steps) {
  std::vector<Provenance> from;
  for (const StepInfo& step : steps) from.push_back(autodiff::provenance(step.label));
  const std::vector<bool> feeds = feeds_cotangent_product(steps, from);
  std::vector<StepCost> costs;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const StepInfo& step = steps[i];
    StepCost cost;
    cost.product = is_product_step(step);
    cost.role = step.op ? role_of(from[i], feeds[i]) : Role::other;
    cost.flops = step.op ? flops(*step.op, step.inputs, step.output) : 0;
    cost.bytes = static_cast<double>(step.bytes_read + step.output.bytes());
    costs.push_back(cost);
  }
  return costs;
}

}  // namespace palimpsest::inversion
