#pragma once
// Line charts as inline SVG, coloured by the page's style so that they follow light and dark.

#include <string>
#include <utility>
#include <vector>

#include "tools/report/markup.h"

namespace palimpsest::tools {

struct Series {
  std::string label;
  /// Abscissae ascending. Values that are not finite, and on a logarithmic axis those that are not
  /// positive, leave a gap.
  std::vector<std::pair<double, double>> points;
};

struct Chart {
  std::string title;  ///< for readers who do not see it
  std::string x_label, y_label;
  std::vector<Series> series;
  int width = 720, height = 280;  ///< of the drawing; the page scales it
};

/// How many colours series take in turn: classes c0, c1 … of the page's style.
inline constexpr int chart_colours = 8;

/// The drawing; nothing when no series has a point. Long series are thinned to what can be seen.
void draw_chart(Markup& out, const Chart& chart);

/// The labels of the series with their colours; the first 24 of them.
void write_legend(Markup& out, const Chart& chart);

}  // namespace palimpsest::tools
