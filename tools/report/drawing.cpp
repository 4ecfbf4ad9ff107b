#include "tools/report/drawing.h"

#include <cmath>
#include <cstdlib>

#include "graph/error.h"

namespace palimpsest::tools {

std::string coordinate(double value) {
  const long tenths = std::lround(value * 10);
  return text(tenths < 0 ? "-" : "", std::labs(tenths) / 10, '.', std::labs(tenths) % 10);
}

void draw_line(Markup& out, double x1, double y1, double x2, double y2,
               const std::string& class_name) {
  out.empty("line", {{"x1", coordinate(x1)},
                     {"y1", coordinate(y1)},
                     {"x2", coordinate(x2)},
                     {"y2", coordinate(y2)},
                     {"class", class_name}});
}

void draw_word(Markup& out, double x, double y, const char* anchor, const std::string& content,
               const char* class_name) {
  out.element(
      "text", content,
      {{"x", coordinate(x)}, {"y", coordinate(y)}, {"text-anchor", anchor}, {"class", class_name}});
}

void draw_dot(Markup& out, double x, double y, double radius, const std::string& class_name) {
  out.empty("circle", {{"cx", coordinate(x)},
                       {"cy", coordinate(y)},
                       {"r", coordinate(radius)},
                       {"class", class_name}});
}

}  // namespace palimpsest::tools
