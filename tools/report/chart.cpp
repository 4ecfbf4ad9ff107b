#include "tools/report/chart.h"

#include <algorithm>
#include <cmath>

#include "graph/error.h"
#include "tools/report/axis.h"
#include "tools/report/drawing.h"

namespace palimpsest::tools {
namespace {

constexpr int left = 70, right = 14, top = 10, bottom = 44;
constexpr std::size_t most_points = 600;  // a point a pixel or so
constexpr std::size_t most_labels = 24;

using Point = std::pair<double, double>;

/// The first, the last and between them the least and the largest of each stretch, so that peaks
/// stay.
std::vector<Point> thinned(const std::vector<Point>& points) {
  if (points.size() <= most_points) return points;
  const auto below = [](const Point& a, const Point& b) { return a.second < b.second; };
  const std::size_t stretches = most_points / 2;
  std::vector<Point> out{points.front()};
  for (std::size_t i = 0; i < stretches; ++i) {
    const auto first = points.begin() + static_cast<std::ptrdiff_t>(i * points.size() / stretches);
    const auto last =
        points.begin() + static_cast<std::ptrdiff_t>((i + 1) * points.size() / stretches);
    const auto [low, high] = std::minmax_element(first, last, below);
    out.push_back(*std::min(low, high));
    out.push_back(*std::max(low, high));
  }
  out.push_back(points.back());
  return out;
}

class Drawing {
 public:
  Drawing(Markup& out, const Chart& chart, Axis x, Axis y)
      : out_(out), chart_(chart), x_(std::move(x)), y_(std::move(y)) {}

  void draw() const {
    const Element svg(out_, "svg",
                      {{"viewBox", text("0 0 ", chart_.width, ' ', chart_.height)},
                       {"class", "chart"},
                       {"role", "img"}});
    out_.element("title", chart_.title);
    draw_axes();
    for (std::size_t i = 0; i < chart_.series.size(); ++i) draw_series(i);
  }

 private:
  double x_at(double place) const { return left + place * (chart_.width - left - right); }
  double y_at(double place) const {
    return chart_.height - bottom - place * (chart_.height - top - bottom);
  }

  void draw_axes() const {
    for (const Tick& tick : y_.ticks) {
      draw_line(out_, left, y_at(tick.place), x_at(1), y_at(tick.place), "rule");
      draw_word(out_, left - 8, y_at(tick.place) + 4, "end", tick.label, "tick");
    }
    for (const Tick& tick : x_.ticks) {
      draw_line(out_, x_at(tick.place), y_at(0), x_at(tick.place), y_at(0) + 4, "axis");
      draw_word(out_, x_at(tick.place), y_at(0) + 18, "middle", tick.label, "tick");
    }
    draw_line(out_, left, y_at(0), x_at(1), y_at(0), "axis");
    draw_word(out_, (left + x_at(1)) / 2, chart_.height - 6, "middle", chart_.x_label, "label");
    const std::string middle = coordinate((y_at(0) + y_at(1)) / 2);
    out_.element("text", y_.logarithmic ? chart_.y_label + " (log)" : chart_.y_label,
                 {{"transform", text("translate(13 ", middle, ") rotate(-90)")},
                  {"text-anchor", "middle"},
                  {"class", "label"}});
  }

  bool visible(const Point& point) const {
    return std::isfinite(point.second) && (!y_.logarithmic || point.second > 0);
  }

  void draw_series(std::size_t index) const {
    const std::string colour = text("c", index % chart_colours);
    std::string path;
    bool pen_down = false;
    Point last{};
    for (const Point& point : thinned(chart_.series[index].points)) {
      if (visible(point)) {
        path += text(pen_down ? 'L' : 'M', coordinate(x_at(x_.place(point.first))), ' ',
                     coordinate(y_at(y_.place(point.second))));
        last = point;
      }
      pen_down = visible(point);
    }
    if (path.empty()) return;
    out_.empty("path", {{"d", path}, {"class", "series " + colour}});
    draw_dot(out_, x_at(x_.place(last.first)), y_at(y_.place(last.second)), 3, "end " + colour);
  }

  Markup& out_;
  const Chart& chart_;
  Axis x_, y_;
};

}  // namespace

void draw_chart(Markup& out, const Chart& chart) {
  std::vector<double> xs, ys;
  for (const Series& series : chart.series)
    for (const auto& [x, y] : series.points) xs.push_back(x), ys.push_back(y);
  if (xs.empty()) return;
  Drawing(out, chart, linear_axis(xs, 8), value_axis(ys, 5)).draw();
}

void write_legend(Markup& out, const Chart& chart) {
  if (chart.series.size() < 2) return;
  const Element legend(out, "ul", "legend");
  for (std::size_t i = 0; i < std::min(chart.series.size(), most_labels); ++i)
    out.element("li", chart.series[i].label, {{"class", text("c", i % chart_colours)}});
  if (chart.series.size() > most_labels)
    out.element("li", text("and ", chart.series.size() - most_labels, " more"));
}

}  // namespace palimpsest::tools
