#include "tools/cli/console.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "graph/error.h"
#include "tools/io/escape.h"

namespace palimpsest::tools {

void Console::line(const std::string& message) const {
  if (format_ == Format::text) std::cout << terminal_text(message) << '\n';
}

void Console::text(const std::string& lines) const {
  if (format_ == Format::text) std::cout << lines;
}

void Console::table(const std::vector<std::vector<std::string>>& rows) const {
  if (format_ == Format::json || rows.empty()) return;
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c == widths.size()) widths.push_back(0);
      widths[c] = std::max(widths[c], row[c].size());
    }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += terminal_text(row[c]);
      if (c + 1 < row.size()) line.append(widths[c] - row[c].size() + 2, ' ');
    }
    std::cout << line << '\n';
  }
}

void Console::note(const std::string& message) const {
  std::cerr << "note: " << one_line(message) << '\n';
}

void Console::warning(const std::string& message) const {
  std::cerr << "warning: " << one_line(message) << '\n';
}

void Console::error(const std::string& message) const {
  std::cerr << "error: " << one_line(message) << '\n';
}

// One line whatever the message holds, so that logs can be searched line by line.
std::string one_line(const std::string& message) {
  std::string joined;
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = std::min(message.find('\n', at), message.size());
    if (at > 0) joined += joined.ends_with(':') ? " " : "; ";
    joined.append(message, at, end - at);
    at = std::min(message.find_first_not_of(" \n", end), message.size());
  }
  return terminal_text(joined);
}

std::string readable_bytes(double bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return palimpsest::text(readable_number(bytes, 3), ' ', units[unit]);
}

std::string readable_seconds(double seconds) {
  std::array<char, 64> out{};
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (seconds < 60)
    std::snprintf(out.data(), out.size(), "%.1f s", seconds);
  else if (whole < 3600)
    std::snprintf(out.data(), out.size(), "%lld min %02lld s", whole / 60, whole % 60);
  else
    std::snprintf(out.data(), out.size(), "%lld h %02lld min", whole / 3600, whole / 60 % 60);
  return out.data();
}

std::string readable_number(double value, int digits) {
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.*g", digits, value);
  return out.data();
}

}  // namespace palimpsest::tools
