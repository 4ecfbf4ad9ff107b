#include <array>
#include <charconv>
#include <cstdio>

#include "tools/io/config.h"

namespace palimpsest::tools {
namespace {

/// A basic string: quotes, backslashes and controls escaped, UTF-8 as it is.
std::string toml_string(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20 || code == 0x7F) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04X", unsigned{code});
      out += escaped.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// The shortest digits that read back as the same double, always recognisable as a float.
std::string toml_number(double value) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  std::string out(digits.data(), end);
  if (out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

template <class T, class Print>
std::string list(const std::vector<T>& values, Print print) {
  std::string out;
  for (const T& value : values) out += (out.empty() ? "" : ", ") + print(value);
  return text("[", out, "]");
}

}  // namespace

void ConfigWriter::line(std::string_view key, std::string_view value) {
  text_ += palimpsest::text(key, " = ", value, "\n");
}

void ConfigWriter::table(std::string_view name) {
  text_ += palimpsest::text(text_.empty() ? "[" : "\n[", name, "]\n");
}

void ConfigWriter::element(std::string_view name) { table(palimpsest::text("[", name, "]")); }

void ConfigWriter::value(std::string_view key, std::string_view string) {
  line(key, toml_string(string));
}

void ConfigWriter::value(std::string_view key, bool boolean) {
  line(key, boolean ? "true" : "false");
}

void ConfigWriter::value(std::string_view key, std::int64_t integer) {
  line(key, std::to_string(integer));
}

void ConfigWriter::value(std::string_view key, double number) { line(key, toml_number(number)); }

void ConfigWriter::value(std::string_view key, const std::vector<std::int64_t>& integers) {
  line(key, list(integers, [](std::int64_t integer) { return std::to_string(integer); }));
}

void ConfigWriter::value(std::string_view key, const std::vector<double>& numbers) {
  line(key, list(numbers, toml_number));
}

}  // namespace palimpsest::tools
