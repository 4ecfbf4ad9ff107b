#pragma once
// The measured launches of a program, as sums, JSON and a trace.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "inversion/step_costs.h"
#include "runtime/profile.h"
#include "tools/bench/ceilings.h"

namespace palimpsest::tools {

/// One launch. Times are of one run of the program; 0 without a profile.
struct MeasuredStep {
  runtime::StepInfo info;
  inversion::StepCost cost;
  double wall = 0;              ///< shortest of the profiled runs: others share the machine
  double mean = 0, cpu = 0;     ///< mean wall time, mean processor time of the calling thread
  double begin = 0, last = 0;   ///< of the last profiled run
  double share_of_ceiling = 0;  ///< the time that the ceilings allow, over the time taken
};

/// The model's node, without the sweep that the label names too.
std::string place_of(const runtime::StepInfo& step);

/// `profile` must be that of the program of these steps, or empty.
std::vector<MeasuredStep> measured_steps(const std::vector<runtime::StepInfo>& steps,
                                         const runtime::Profile& profile, const Ceilings& ceilings);

/// What steps of one kind cost together.
struct StepSum {
  std::string kind;
  std::size_t launches = 0, products = 0;
  double wall = 0, cpu = 0, flops = 0, product_flops = 0, bytes = 0;
};

/// Sums by role and by primitive, the longest time first.
std::vector<StepSum> sums_by_role(const std::vector<MeasuredStep>& steps);
std::vector<StepSum> sums_by_primitive(const std::vector<MeasuredStep>& steps);
StepSum sum_of_all(const std::vector<MeasuredStep>& steps);

nlohmann::json nodes_json(const std::vector<MeasuredStep>& steps);
nlohmann::json sums_json(const std::vector<StepSum>& sums);
/// The last profiled run in the trace-event format that Perfetto and chrome://tracing read.
nlohmann::json trace_json(const std::vector<MeasuredStep>& steps);

}  // namespace palimpsest::tools
