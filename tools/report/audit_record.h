#pragma once
// The folder of an audit as the report reads it: untrusted, with limits.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "graph/literal.h"

namespace palimpsest::tools {

/// One image as a cell's attack recovered it best, beside the truth and the best control.
struct AuditExample {
  std::string heading;
  Literal truth, attack;
  std::optional<Literal> control;
  std::string control_name;
  double psnr = 0;
};

// nlohmann::json says that moving it throws nothing; the check looks into it and doubts that.
// NOLINTNEXTLINE(bugprone-exception-escape)
struct AuditRecord {
  std::string name;        ///< the folder's own name
  nlohmann::json summary;  ///< audit.json
  nlohmann::json plan;     ///< plan.json; an empty object when it is missing
  std::vector<AuditExample> examples;
};

bool is_audit(const std::filesystem::path& folder);

/// Throws IoError and InputError as read_run does. Files that audit.json names are looked for
/// below the folder only.
AuditRecord read_audit(const std::filesystem::path& folder);

}  // namespace palimpsest::tools
