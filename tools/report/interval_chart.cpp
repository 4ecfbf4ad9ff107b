#include "tools/report/interval_chart.h"

#include <algorithm>
#include <cmath>

#include "graph/error.h"
#include "tools/report/axis.h"
#include "tools/report/chart.h"
#include "tools/report/drawing.h"

namespace palimpsest::tools {
namespace {

constexpr int width = 720, right = 20, top = 8, row_height = 26, bottom = 46;

/// Where the axis begins: behind the longest label, of about seven pixels a letter.
double left_of(const std::vector<IntervalRow>& rows) {
  constexpr double letter = 7, gap = 32, most = 440;
  std::size_t longest = 0;
  for (const IntervalRow& row : rows) longest = std::max(longest, row.label.size());
  return std::min(most, gap + letter * static_cast<double>(longest));
}

double x_at(const Axis& axis, double left, double value) {
  return left + axis.place(value) * (width - left - right);
}

void draw_row(Markup& out, const Axis& axis, double left, const IntervalRow& row, double y) {
  draw_word(out, left - 16, y + 4, "end", row.label, "label");
  if (!std::isfinite(row.mean)) {
    draw_word(out, x_at(axis, left, 0) + 8, y + 4, "start", "no result", "tick");
    return;
  }
  const std::string colour = text("c", row.colour % chart_colours);
  if (row.low && row.high)
    draw_line(out, x_at(axis, left, *row.low), y, x_at(axis, left, *row.high), y, "bar " + colour);
  draw_dot(out, x_at(axis, left, row.mean), y, 4.5, "end " + colour);
}

}  // namespace

void draw_intervals(Markup& out, const std::string& title, const std::string& x_label,
                    const std::vector<IntervalRow>& rows) {
  std::vector<double> values{0};
  for (const IntervalRow& row : rows) {
    values.push_back(row.mean);
    for (const auto& end : {row.low, row.high})
      if (end) values.push_back(*end);
  }
  const Axis axis = linear_axis(values, 6);
  const double left = left_of(rows);
  const double foot = top + row_height * static_cast<double>(rows.size());
  const Element svg(
      out, "svg",
      {{"viewBox", text("0 0 ", width, ' ', foot + bottom)}, {"class", "chart"}, {"role", "img"}});
  out.element("title", title);
  for (const Tick& tick : axis.ticks) {
    const double x = left + tick.place * (width - left - right);
    draw_line(out, x, top, x, foot, "rule");
    draw_word(out, x, foot + 18, "middle", tick.label, "tick");
  }
  draw_line(out, x_at(axis, left, 0), top, x_at(axis, left, 0), foot, "axis");
  for (std::size_t i = 0; i < rows.size(); ++i)
    draw_row(out, axis, left, rows[i], top + row_height * (static_cast<double>(i) + 0.5));
  draw_word(out, left + (width - left - right) / 2.0, foot + 38, "middle", x_label, "label");
}

}  // namespace palimpsest::tools
