#pragma once
// What the drawings of a page are made of.

#include <string>

#include "tools/report/markup.h"

namespace palimpsest::tools {

/// A coordinate with one decimal, never with an exponent.
std::string coordinate(double value);
void draw_line(Markup& out, double x1, double y1, double x2, double y2,
               const std::string& class_name);
/// `anchor`: start, middle or end.
void draw_word(Markup& out, double x, double y, const char* anchor, const std::string& content,
               const char* class_name);
void draw_dot(Markup& out, double x, double y, double radius, const std::string& class_name);

}  // namespace palimpsest::tools
