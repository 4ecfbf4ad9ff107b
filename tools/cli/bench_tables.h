#pragma once
// Measured launches as people read them: what bench prints.

#include <string>
#include <vector>

#include "tools/bench/measured_steps.h"

namespace palimpsest::tools {

using Rows = std::vector<std::vector<std::string>>;

/// The steps that took longest, at most `count` of them, with a heading.
Rows nodes_table(const std::vector<MeasuredStep>& steps, std::size_t count);
Rows sums_table(const std::string& heading, const std::vector<StepSum>& sums);

}  // namespace palimpsest::tools
