#include "tools/bench/measured_steps.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "autodiff/provenance.h"

namespace palimpsest::tools {
namespace {

using inversion::StepCost;
using nlohmann::json;
using runtime::StepInfo;

/// A vector holds half as many f64 as f32.
double fma_ceiling(const StepInfo& step, const Ceilings& ceilings) {
  return step.output.dtype == DType::f64 ? ceilings.fma / 2 : ceilings.fma;
}

double ceiling_share(const StepInfo& step, const StepCost& cost, double wall,
                     const Ceilings& ceilings) {
  if (wall <= 0 || ceilings.fma <= 0 || ceilings.bandwidth <= 0) return 0;
  return std::max(cost.flops / fma_ceiling(step, ceilings), cost.bytes / ceilings.bandwidth) / wall;
}

void add(StepSum& sum, const MeasuredStep& step) {
  ++sum.launches;
  sum.products += step.cost.product ? 1 : 0;
  sum.wall += step.wall;
  sum.cpu += step.cpu;
  sum.flops += step.cost.flops;
  sum.product_flops += step.cost.product ? step.cost.flops : 0;
  sum.bytes += step.cost.bytes;
}

template <class KindOf>
std::vector<StepSum> sums_by(const std::vector<MeasuredStep>& steps, const KindOf& kind_of) {
  std::map<std::string, StepSum> by_kind;
  for (const MeasuredStep& step : steps) add(by_kind[std::string(kind_of(step))], step);
  std::vector<StepSum> sums;
  for (auto& [kind, sum] : by_kind) {
    sum.kind = kind;
    sums.push_back(std::move(sum));
  }
  std::ranges::stable_sort(sums, std::greater{}, &StepSum::wall);
  return sums;
}

}  // namespace

std::string place_of(const StepInfo& step) {
  return std::string(autodiff::provenance(step.label).source);
}

std::vector<MeasuredStep> measured_steps(const std::vector<StepInfo>& steps,
                                         const runtime::Profile& profile,
                                         const Ceilings& ceilings) {
  const std::vector<StepCost> costs = inversion::step_costs(steps);
  std::vector<MeasuredStep> measured;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    MeasuredStep step{steps[i], costs[i]};
    if (profile.runs > 0) {
      const runtime::LaunchTime& time = profile.launches.at(i);
      const auto runs = static_cast<double>(profile.runs);
      step.wall = time.least;
      step.mean = time.wall / runs;
      step.cpu = time.cpu / runs;
      step.begin = time.begin;
      step.last = time.last;
      step.share_of_ceiling = ceiling_share(step.info, step.cost, step.wall, ceilings);
    }
    measured.push_back(std::move(step));
  }
  return measured;
}

std::vector<StepSum> sums_by_role(const std::vector<MeasuredStep>& steps) {
  return sums_by(steps, [](const MeasuredStep& step) { return name_of(step.cost.role); });
}

std::vector<StepSum> sums_by_primitive(const std::vector<MeasuredStep>& steps) {
  return sums_by(steps, [](const MeasuredStep& step) { return step.info.primitive; });
}

StepSum sum_of_all(const std::vector<MeasuredStep>& steps) {
  StepSum sum{"all"};
  for (const MeasuredStep& step : steps) add(sum, step);
  return sum;
}

json nodes_json(const std::vector<MeasuredStep>& steps) {
  json nodes = json::array();
  for (const MeasuredStep& step : steps)
    nodes.push_back({{"label", step.info.label},
                     {"primitive", step.info.primitive},
                     {"algorithm", step.info.algorithm},
                     {"role", name_of(step.cost.role)},
                     {"type", text(step.info.output)},
                     {"product", step.cost.product},
                     {"wall_seconds", step.wall},
                     {"mean_wall_seconds", step.mean},
                     {"cpu_seconds", step.cpu},
                     {"flops", step.cost.flops},
                     {"bytes", step.cost.bytes},
                     {"share_of_ceiling", step.share_of_ceiling}});
  return nodes;
}

json sums_json(const std::vector<StepSum>& sums) {
  json all = json::object();
  for (const StepSum& sum : sums)
    all[sum.kind] = {{"launches", sum.launches}, {"products", sum.products},
                     {"wall_seconds", sum.wall}, {"cpu_seconds", sum.cpu},
                     {"flops", sum.flops},       {"product_flops", sum.product_flops},
                     {"bytes", sum.bytes}};
  return all;
}

json trace_json(const std::vector<MeasuredStep>& steps) {
  constexpr double microseconds = 1e6;
  json events = json::array();
  for (const MeasuredStep& step : steps)
    events.push_back({{"name", text(step.info.primitive, ' ', place_of(step.info))},
                      {"cat", name_of(step.cost.role)},
                      {"ph", "X"},
                      {"ts", step.begin * microseconds},
                      {"dur", step.last * microseconds},
                      {"pid", 1},
                      {"tid", 1},
                      {"args",
                       {{"label", step.info.label},
                        {"algorithm", step.info.algorithm},
                        {"type", text(step.info.output)},
                        {"flops", step.cost.flops},
                        {"bytes", step.cost.bytes}}}});
  return {{"displayTimeUnit", "ms"}, {"traceEvents", events}};
}

}  // namespace palimpsest::tools
