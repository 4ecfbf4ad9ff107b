#include "tools/io/config.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tools/io/escape.h"
#include "tools/io/files.h"
#include "tools/io/suggestion.h"

// toml++ 3.3 asserts things that a bad file can make false ("[=]"), and with NDEBUG it tells the
// optimiser that they are true. Here they are errors of the file, in every build. No other file
// may include toml++: its inline functions would exist twice, with and without these checks.
[[noreturn]] static void refuse_syntax() { throw palimpsest::InputError("TOML: invalid syntax"); }
#undef NDEBUG
#define TOML_HEADER_ONLY 1  // the shared library was built without these checks
#define TOML_ASSERT(condition) static_cast<void>((condition) || (refuse_syntax(), false))
#define TOML_MAX_NESTED_VALUES 32
#include <toml++/toml.h>

namespace palimpsest::tools {

/// The document that a table belongs to, kept alive by every reader of it.
struct ConfigTable::Content {
  std::shared_ptr<const toml::table> document;
  const toml::table* table = nullptr;  ///< within the document
  std::string source;
};

namespace {

constexpr std::uint64_t max_bytes = std::uint64_t{1} << 20;
constexpr int max_depth = 32;

/// Finds what toml++ 3.3 must not see: dotted keys so deep that it would overflow the stack, and
/// non-ASCII characters where it asks whether they are space, which is undefined for some letters
/// (TOML allows them in strings and comments only). Follows strings and comments as TOML does;
/// where it would lose track, the text is no valid TOML and the parser stops at the same place.
class Precheck {
 public:
  explicit Precheck(std::string_view text) : text_(text) {}

  /// What was expected instead; empty when the text may be parsed.
  std::string problem() {
    int dots = 0;
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c == '"' || c == '\'') {
        if (!skip_string(c)) return "no '\\' beside non-ASCII characters in a multi-line string";
        continue;
      }
      if (!is_ascii(c)) return "ASCII outside of strings and comments";
      if (c == '#') position_ = std::min(text_.find('\n', position_), text_.size() - 1);
      if (c == '.' && ++dots >= max_depth) return text("keys of at most ", max_depth, " parts");
      if (std::string_view("=,{}[]\n#").find(c) != std::string_view::npos) dots = 0;
      ++position_;
    }
    return {};
  }

 private:
  static bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

  /// False for a multi-line string with a backslash (which may join lines) and non-ASCII text.
  bool skip_string(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(position_).starts_with(triple);
    const std::size_t begin = position_;
    position_ += multi_line ? 3 : 1;
    while (position_ < text_.size()) {
      const char c = text_[position_];
      const bool closes = multi_line ? text_.substr(position_).starts_with(triple) : c == quote;
      if (!multi_line && c == '\n') return true;
      position_ += closes && multi_line ? 3 : c == '\\' && quote == '"' ? 2 : 1;
      if (closes) break;
    }
    // A multi-line string may end in up to two quotes of its own.
    while (multi_line && position_ < text_.size() && text_[position_] == quote) ++position_;
    const std::string_view all = text_.substr(begin, position_ - begin);
    return !multi_line || quote != '"' || all.find('\\') == std::string_view::npos ||
           std::ranges::all_of(all, is_ascii);
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

std::string shown_type(const toml::node& node) {
  std::ostringstream out;
  out << node.type();
  return out.str();
}

void overlay(toml::table& base, const toml::table& other) {
  for (const auto& [key, node] : other) {
    toml::table* below = base[key.str()].as_table();
    if (below && node.is_table())
      overlay(*below, *node.as_table());
    else
      base.insert_or_assign(key.str(), node);
  }
}

const toml::node* find(const toml::table& table, std::vector<std::string>& known,
                       std::string_view key) {
  if (std::ranges::find(known, key) == known.end()) known.emplace_back(key);
  return table.get(key);
}

/// The elements of an array, or InputError through `fail` at the first of another type.
template <class T, class Fail>
std::vector<T> elements(const toml::node& node, Fail fail) {
  const toml::array* array = node.as_array();
  if (!array) fail(shown_type(node));
  std::vector<T> values;
  for (const toml::node& element : *array) {
    if (!element.is<T>()) fail(text("an element of type ", shown_type(element)));
    values.push_back(**element.as<T>());
  }
  return values;
}

}  // namespace

ConfigTable::ConfigTable(std::shared_ptr<const Content> content, std::string path)
    : content_(std::move(content)), path_(std::move(path)) {}

std::optional<std::string> ConfigTable::string(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  if (!node->is_string()) fail(key, "a string", shown_type(*node));
  return node->as_string()->get();
}

std::optional<bool> ConfigTable::boolean(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  if (!node->is_boolean()) fail(key, "true or false", shown_type(*node));
  return node->as_boolean()->get();
}

std::optional<std::int64_t> ConfigTable::integer(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  if (!node->is_integer()) fail(key, "an integer", shown_type(*node));
  return node->as_integer()->get();
}

std::optional<double> ConfigTable::number(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  if (!node->is_number()) fail(key, "a number", shown_type(*node));
  const double value = node->value<double>().value_or(NAN);
  if (!std::isfinite(value)) fail(key, "a finite number", text(value));
  return value;
}

std::optional<std::vector<std::int64_t>> ConfigTable::integers(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  return elements<std::int64_t>(
      *node, [&](const std::string& came) { fail(key, "an array of integers", came); });
}

std::optional<std::vector<double>> ConfigTable::numbers(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  const toml::array* array = node->as_array();
  if (!array) fail(key, "an array of numbers", shown_type(*node));
  std::vector<double> values;
  for (const toml::node& element : *array) {
    const double value = element.is_number() ? element.value<double>().value_or(NAN) : NAN;
    if (!std::isfinite(value)) fail(key, "an array of finite numbers", shown_type(element));
    values.push_back(value);
  }
  return values;
}

std::optional<std::vector<std::string>> ConfigTable::strings(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  return elements<std::string>(
      *node, [&](const std::string& came) { fail(key, "an array of strings", came); });
}

std::optional<ConfigTable> ConfigTable::table(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  if (!node->is_table()) fail(key, "a table", shown_type(*node));
  auto content = std::make_shared<Content>(*content_);
  content->table = node->as_table();
  return ConfigTable(std::move(content), text(path_, key, "."));
}

std::optional<std::vector<ConfigTable>> ConfigTable::tables(std::string_view key) {
  const toml::node* node = find(*content_->table, known_, key);
  if (!node) return std::nullopt;
  const toml::array* array = node->as_array();
  if (!array) fail(key, "an array of tables", shown_type(*node));
  std::vector<ConfigTable> result;
  for (const toml::node& element : *array) {
    if (!element.is_table()) fail(key, "an array of tables", shown_type(element));
    auto content = std::make_shared<Content>(*content_);
    content->table = element.as_table();
    result.push_back(ConfigTable(std::move(content), text(path_, key, "[", result.size(), "].")));
  }
  return result;
}

std::optional<std::int64_t> ConfigTable::integer(std::string_view key, std::int64_t least,
                                                 std::int64_t most) {
  const std::optional<std::int64_t> value = integer(key);
  if (value && (*value < least || *value > most))
    fail(key, text("an integer in [", least, ", ", most, "]"), text(*value));
  return value;
}

std::optional<double> ConfigTable::number(std::string_view key, double least, double most) {
  const std::optional<double> value = number(key);
  if (value && (*value < least || *value > most))
    fail(key, text("a number in [", least, ", ", most, "]"), text(*value));
  return value;
}

std::vector<std::string> ConfigTable::keys() {
  known_.clear();
  for (const auto& [key, node] : *content_->table) known_.emplace_back(key.str());
  return known_;
}

void ConfigTable::refuse_unknown_keys() const {
  for (const auto& [key, node] : *content_->table) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    throw InputError(text(content_->source, ":", key.source().begin.line, ": unknown key ",
                          quoted_name(path_ + std::string(key.str())),
                          did_you_mean(key.str(), known_)));
  }
}

void ConfigTable::fail(std::string_view key, std::string_view expected,
                       std::string_view came) const {
  const toml::node* node = content_->table->get(key);
  const auto line = node ? node->source().begin.line : 0;
  throw InputError(text(content_->source, ":", line, ": ", path_, key, ": ", expected,
                        " expected, ", terminal_text(came), " came"));
}

Config::Config(std::shared_ptr<const ConfigTable::Content> content)
    : content_(std::move(content)) {}

Config Config::parse(std::string_view characters, std::string source) {
  source = terminal_text(source);
  if (characters.size() > max_bytes)
    throw InputError(palimpsest::text(source, ": at most ", max_bytes, " bytes of TOML expected, ",
                                      characters.size(), " came"));
  if (const std::string expected = Precheck(characters).problem(); !expected.empty())
    throw InputError(palimpsest::text(source, ": TOML: ", expected, " expected"));
  try {
    auto content = std::make_shared<ConfigTable::Content>();
    content->document = std::make_shared<const toml::table>(toml::parse(characters, source));
    content->table = content->document.get();
    content->source = std::move(source);
    return Config(std::move(content));
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    throw InputError(palimpsest::text(source, ":", at.line, ":", at.column, ": ",
                                      terminal_text(error.description())));
  } catch (const InputError& error) {
    throw InputError(palimpsest::text(source, ": ", error.what()));
  }
}

Config Config::load(const std::filesystem::path& path) {
  return parse(characters(read_file(path, max_bytes)), path.native());
}

ConfigTable Config::root() const { return ConfigTable(content_, ""); }

Config Config::overlaid(const Config& other) const {
  auto document = std::make_shared<toml::table>(*content_->document);
  overlay(*document, *other.content_->document);
  auto content = std::make_shared<ConfigTable::Content>();
  content->table = document.get();
  content->document = std::move(document);
  content->source = content_->source + " + " + other.content_->source;
  return Config(std::move(content));
}

std::string Config::text() const {
  std::ostringstream out;
  out << *content_->document << '\n';
  return out.str();
}

}  // namespace palimpsest::tools
