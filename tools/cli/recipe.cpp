#include "tools/cli/recipe.h"

#include "tools/cli/exit_code.h"
#include "tools/cli/recipe_fields.h"
#include "tools/io/config.h"
#include "tools/io/escape.h"
#include "tools/io/suggestion.h"

namespace palimpsest::tools {
namespace {

/// Puts what a document says into fields; what it does not say stays.
class FieldReader {
 public:
  explicit FieldReader(ConfigTable table) : table_(std::move(table)) {}

  template <class T, std::size_t N>
  void choice(std::string_view key, const Names<T> (&names)[N], T& field) {
    if (const auto value = table_.choice(key, names)) field = *value;
  }
  void number(std::string_view key, double least, double most, double& field) {
    if (const auto value = table_.number(key, least, most)) field = *value;
  }
  template <class T>
  void integer(std::string_view key, std::int64_t least, std::int64_t most, T& field) {
    if (const auto value = table_.integer(key, least, most)) field = static_cast<T>(*value);
  }
  void flag(std::string_view key, bool& field) {
    if (const auto value = table_.boolean(key)) field = *value;
  }
  void label_rule(std::string_view key, inversion::LabelRule& field) {
    if (const auto value = table_.string(key)) field = inversion::label_rule_of(*value);
  }
  void refuse_unknown_keys() const { table_.refuse_unknown_keys(); }

 private:
  ConfigTable table_;
};

class TableReader {
 public:
  explicit TableReader(ConfigTable& root) : root_(root) {}
  template <class Read>
  void table(std::string_view name, const Read& read) {
    std::optional<ConfigTable> table = root_.table(name);
    if (!table) return;
    FieldReader fields(*table);
    read(fields);
    fields.refuse_unknown_keys();
  }

 private:
  ConfigTable& root_;
};

/// Writes every field, whether or not it differs from the default.
class FieldWriter {
 public:
  explicit FieldWriter(ConfigWriter& out) : out_(out) {}

  template <class Write>
  void table(std::string_view name, const Write& write) {
    out_.table(name);
    write(*this);
  }
  template <class T, std::size_t N>
  void choice(std::string_view key, const Names<T> (&names)[N], const T& field) {
    for (const auto& [name, value] : names)
      if (value == field) out_.value(key, name);
  }
  void number(std::string_view key, double, double, double field) { out_.value(key, field); }
  template <class T>
  void integer(std::string_view key, std::int64_t, std::int64_t, const T& field) {
    out_.value(key, static_cast<std::int64_t>(field));
  }
  void flag(std::string_view key, bool field) { out_.value(key, field); }
  void label_rule(std::string_view key, inversion::LabelRule field) {
    out_.value(key, inversion::name_of(field));
  }

 private:
  ConfigWriter& out_;
};

Recipe parse(const Config& config) {
  Recipe recipe;
  ConfigTable root = config.root();
  const auto text = [&](std::string_view key, std::string& field) {
    if (const auto value = root.string(key)) field = *value;
  };
  text("name", recipe.name);
  text("title", recipe.title);
  text("citation", recipe.citation);
  text("needs", recipe.needs);
  recipe.spec.name = recipe.name;
  TableReader tables(root);
  recipe_fields(tables, recipe.spec);
  root.refuse_unknown_keys();
  return recipe;
}

/// "search.rate=0.1" as a document. A value that is no TOML value is taken as a string.
Config override_config(const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UsageError(text("--set: key=value expected, ", quoted_name(assignment), " came"));
  const std::string key = assignment.substr(0, equals), value = assignment.substr(equals + 1);
  try {
    return Config::parse(text(key, " = ", value), "--set");
  } catch (const InputError&) {
    ConfigWriter writer;
    writer.value(key, value);
    return Config::parse(writer.text(), "--set");
  }
}

Config named_config(const std::string& word) {
  if (word.ends_with(".toml")) return Config::load(word);
  std::vector<std::string> names;
  for (const BundledRecipe& recipe : bundled_recipes()) {
    if (recipe.name == word) return Config::parse(recipe.toml, text(word, ".toml"));
    names.push_back(recipe.name);
  }
  throw UsageError(text("there is no recipe ", quoted_name(word), did_you_mean(word, names)));
}

}  // namespace

Recipe load_recipe(const std::string& word, const std::vector<std::string>& overrides) {
  try {
    Config config = named_config(word);
    for (const std::string& assignment : overrides)
      config = config.overlaid(override_config(assignment));
    return parse(config);
  } catch (const InputError& error) {
    throw UsageError(error.what());
  }
}

std::string recipe_toml(const Recipe& recipe) {
  ConfigWriter out;
  out.value("name", recipe.name);
  out.value("title", recipe.title);
  out.value("citation", recipe.citation);
  out.value("needs", recipe.needs);
  AttackSpec spec = recipe.spec;
  FieldWriter tables(out);
  recipe_fields(tables, spec);
  return out.text();
}

}  // namespace palimpsest::tools
