#pragma once
// The parts of an audit's section that are read rather than looked at.

#include "tools/report/audit_record.h"
#include "tools/report/markup.h"

namespace palimpsest::tools {

/// "12.1 [10.3, 13.9]"; "–" without data.
std::string estimate_words(const nlohmann::json& estimate);
/// "+12.1 [10.3, 13.9] beyond prior only".
std::string gain_words(const nlohmann::json& gain);

/// How the figures are to be read, and what they do not say.
void write_reading(Markup& out);
/// Every cell and control with all its figures.
void write_all_figures(Markup& out, const nlohmann::json& summary);
void write_audit_provenance(Markup& out, const AuditRecord& record);

}  // namespace palimpsest::tools
