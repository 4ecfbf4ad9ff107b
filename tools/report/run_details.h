#pragma once
// The parts of a run's section that are read rather than looked at.

#include "tools/report/run_record.h"

namespace palimpsest::tools {

/// A line an image, with whatever figures the run recorded, their means and conventions; labels.
void write_metrics(Markup& out, const RunRecord& record, const nlohmann::json& metrics);

/// What the attacker was given, and what was assumed of client and model.
void write_knowledge(Markup& out, const RunRecord& record);

/// Digests, machine, command line and all settings.
void write_provenance(Markup& out, const RunRecord& record);

}  // namespace palimpsest::tools
