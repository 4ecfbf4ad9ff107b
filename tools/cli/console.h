#pragma once
// What a command says to people: results on standard output, messages on standard error.
// With --json nothing but the final envelope goes to standard output.

#include <string>
#include <vector>

namespace palimpsest::tools {

enum class Format { text, json };

class Console {
 public:
  explicit Console(Format format) : format_(format) {}

  Format format() const { return format_; }
  /// A line of the result; control characters are escaped. Silent with Format::json.
  void line(const std::string& message) const;
  /// Text of several lines that the program itself made. Silent with Format::json.
  void text(const std::string& lines) const;
  /// Rows with aligned columns, the first row being the heading. Silent with Format::json.
  void table(const std::vector<std::vector<std::string>>& rows) const;
  /// A remark on standard error, prefixed "note: ", "warning: " or "error: ", as one line: those
  /// of a longer message are joined.
  void note(const std::string& message) const;
  void warning(const std::string& message) const;
  void error(const std::string& message) const;

 private:
  Format format_;
};

/// A message's lines joined into one, with control characters escaped.
std::string one_line(const std::string& message);
/// 1536 -> "1.5 KiB".
std::string readable_bytes(double bytes);
/// 3725.4 -> "1 h 02 min".
std::string readable_seconds(double seconds);
/// A number with a given count of significant digits.
std::string readable_number(double value, int digits = 4);

}  // namespace palimpsest::tools
