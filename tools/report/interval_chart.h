#pragma once
// Means and their intervals as dots and bars on one scale.

#include <optional>
#include <string>
#include <vector>

#include "tools/report/markup.h"

namespace palimpsest::tools {

struct IntervalRow {
  std::string label;
  double mean = 0;
  std::optional<double> low, high;
  int colour = 0;  ///< class c0, c1 … of the page's style
};

/// One row under the other, with a line at 0. Rows without a finite mean say so.
void draw_intervals(Markup& out, const std::string& title, const std::string& x_label,
                    const std::vector<IntervalRow>& rows);

}  // namespace palimpsest::tools
