#pragma once
// Carries the runs of an audit out, each once: what is done is read from its folder, what was
// stopped goes on from the audit's checkpoint.

#include <chrono>
#include <functional>
#include <optional>

#include "tools/audit/audit_result.h"
#include "tools/cli/run_folder.h"

namespace palimpsest::tools {

class AuditRunner {
 public:
  /// Steps done of the run, and its objective.
  using OnStep = std::function<void(std::int64_t steps, double objective)>;

  /// Both must outlive the runner.
  AuditRunner(const AuditPlan& plan, const inversion::Resources& resources)
      : plan_(plan), resources_(resources) {}

  /// What a run takes, found by three steps that leave nothing. Throws what carrying it out would
  /// throw for settings that do not fit model or update.
  struct Cost {
    std::size_t memory_bytes = 0;
    double seconds = 0;
  };
  Cost probe(const AuditRun& run) const;

  /// The result of a run that was done before.
  std::optional<AuditResult> done(const RunFolder& folder, const AuditRun& run) const;
  /// The result, or nothing when a signal came: the state is saved then. A run that leaves the
  /// finite numbers has a failure as its result.
  std::optional<AuditResult> carry_out(const RunFolder& folder, const AuditRun& run,
                                       const OnStep& on_step) const;

 private:
  inversion::Problem problem_of(const AuditRun& run, const inversion::AttackSpec& spec) const;
  Identity identity_of(const AuditRun& run) const;
  std::vector<inversion::NamedTensor> saved_state(const RunFolder& folder,
                                                  const AuditRun& run) const;
  /// False when a signal ended it.
  bool finish(const RunFolder& folder, const AuditRun& run, const OnStep& on_step,
              inversion::Session& session) const;

  const AuditPlan& plan_;
  const inversion::Resources& resources_;
};

}  // namespace palimpsest::tools
