#pragma once
// What one run of an audit found, as its folder keeps it.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "inversion/audit/figures.h"
#include "inversion/session.h"
#include "tools/audit/audit_plan.h"

namespace palimpsest::tools {

struct AuditResult {
  std::string failure;  ///< why there is nothing else; empty: there is
  std::vector<inversion::ImageOutcome> images;
  std::optional<double> label_recall;  ///< absent where targets are no classes
};

/// Scores a reconstruction and writes its run folder: config.toml, recon.npz (in the order of the
/// truth), truth.npz and at last result.json, which makes the run count as done.
AuditResult keep_result(const std::filesystem::path& folder, const AuditPlan& plan,
                        const AuditRun& run, const inversion::Reconstruction& found,
                        double wall_seconds);

/// The same for a run that came to nothing.
AuditResult keep_failure(const std::filesystem::path& folder, const AuditPlan& plan,
                         const AuditRun& run, const std::string& failure);

/// The result of a run that was done before; nothing when it was not. Throws InputError for a
/// folder that is damaged.
std::optional<AuditResult> kept_result(const std::filesystem::path& folder, const AuditRun& run);

}  // namespace palimpsest::tools
