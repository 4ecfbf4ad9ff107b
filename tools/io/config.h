#pragma once
// TOML as recipes, sidecars and run folders use it: read under limits, typed, and strict. A key
// that no reader asked for is an error with a suggestion, so the code that reads a table is the
// only list of its keys.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/error.h"

namespace palimpsest::tools {

/// One table. Each accessor returns nothing when the key is absent, throws InputError (source,
/// line, key, expected, came) when its type is wrong, and remembers the key as known.
class ConfigTable {
 public:
  std::optional<std::string> string(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key);
  /// Accepts integers and finite floats.
  std::optional<double> number(std::string_view key);
  std::optional<std::vector<std::int64_t>> integers(std::string_view key);
  /// Accepts integers and finite floats.
  std::optional<std::vector<double>> numbers(std::string_view key);
  std::optional<std::vector<std::string>> strings(std::string_view key);
  std::optional<ConfigTable> table(std::string_view key);
  /// An array of tables ([[key]]); its elements are named key[0], key[1], ... in errors.
  std::optional<std::vector<ConfigTable>> tables(std::string_view key);

  /// integer() and number() with an inclusive range.
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<double> number(std::string_view key, double least, double most);

  /// A string that must be one of the names.
  template <class T, std::size_t N>
  std::optional<T> choice(std::string_view key, const std::pair<std::string_view, T> (&names)[N]) {
    const std::optional<std::string> value = string(key);
    if (!value) return std::nullopt;
    std::string expected;
    for (const auto& [name, result] : names) {
      if (name == *value) return result;
      expected += text(expected.empty() ? "" : ", ", "'", name, "'");
    }
    fail(key, text("one of ", expected), *value);
  }

  /// The keys as written, sorted: for tables whose keys are names. All count as known.
  std::vector<std::string> keys();
  /// Throws InputError with a suggestion when a key was never asked for.
  void refuse_unknown_keys() const;
  /// Throws InputError for a value that has the right type but not the right content.
  [[noreturn]] void fail(std::string_view key, std::string_view expected,
                         std::string_view came) const;

 private:
  friend class Config;
  struct Content;
  ConfigTable(std::shared_ptr<const Content> content, std::string path);

  std::shared_ptr<const Content> content_;
  std::string path_;  ///< of this table in the document, with a trailing dot; empty at the root
  std::vector<std::string> known_;
};

/// A document: at most 1 MiB, 32 levels deep.
class Config {
 public:
  /// Throws InputError with source, line and column for invalid TOML or a passed limit.
  static Config parse(std::string_view text, std::string source);
  static Config load(const std::filesystem::path& path);

  ConfigTable root() const;
  /// This document with the values of another: tables merge, all else is replaced.
  Config overlaid(const Config& other) const;
  /// The document as TOML, keys sorted.
  std::string text() const;

 private:
  explicit Config(std::shared_ptr<const ConfigTable::Content> content);
  std::shared_ptr<const ConfigTable::Content> content_;
};

/// Writes "key = value" lines in the order of the calls.
class ConfigWriter {
 public:
  void table(std::string_view name);
  /// The next element of an array of tables.
  void element(std::string_view name);
  void value(std::string_view key, std::string_view string);
  void value(std::string_view key, const char* string) { value(key, std::string_view(string)); }
  void value(std::string_view key, bool boolean);
  void value(std::string_view key, std::int64_t integer);
  void value(std::string_view key, double number);
  void value(std::string_view key, const std::vector<std::int64_t>& integers);
  void value(std::string_view key, const std::vector<double>& numbers);
  /// Writes nothing for an absent value.
  template <class T>
  void value(std::string_view key, const std::optional<T>& optional) {
    if (optional) value(key, *optional);
  }
  const std::string& text() const { return text_; }

 private:
  void line(std::string_view key, std::string_view value);
  std::string text_;
};

}  // namespace palimpsest::tools
