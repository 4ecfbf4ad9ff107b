#pragma once
// The folder of an audit: plan.json says what belongs in it, so that only the same audit goes on.

#include <memory>

#include "tools/audit/audit_plan.h"
#include "tools/cli/run_folder.h"

namespace palimpsest::tools {

/// Makes or opens the folder and writes plan.json and truth.npz. A resumed audit keeps the plan
/// that is there: throws InputError naming what differs, IoError as RunFolder does.
std::unique_ptr<RunFolder> audit_folder(const std::filesystem::path& path, Existing existing,
                                        const AuditPlan& plan);

}  // namespace palimpsest::tools
