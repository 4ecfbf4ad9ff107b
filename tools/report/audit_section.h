#pragma once
// An audit as a section of the page.

#include "tools/report/audit_record.h"
#include "tools/report/markup.h"

namespace palimpsest::tools {

/// `anchor` is the id that links of the page lead to.
void write_audit(Markup& out, const AuditRecord& record, const std::string& anchor);

}  // namespace palimpsest::tools
