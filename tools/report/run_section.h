#pragma once
// One run as a section of the page.

#include "tools/report/run_record.h"

namespace palimpsest::tools {

/// `anchor` is the id that links of the page lead to.
void write_run(Markup& out, const RunRecord& record, const std::string& anchor);

/// One line a run: recipe, mean PSNR and SSIM, status. Each links to its section, whose anchors
/// are "run-1" and so on.
void write_overview(Markup& out, const std::vector<RunRecord>& records);

}  // namespace palimpsest::tools
