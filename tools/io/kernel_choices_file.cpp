#include "tools/io/kernel_choices_file.h"

#include <algorithm>

#include "graph/error.h"
#include "tools/io/escape.h"
#include "tools/io/strict_json.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

constexpr int schema_version = 1;
constexpr JsonLimits limits{.depth = 3, .values = 200'000};
constexpr std::size_t longest_key = 1024, longest_name = 64;

bool is_printable(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string checked_text(const json& value, std::size_t longest, std::string_view what,
                         std::string_view place) {
  if (!value.is_string())
    throw InputError(text(place, ": ", what, ": a string expected, ", value.type_name(), " came"));
  const auto& word = value.get_ref<const std::string&>();
  if (word.empty() || word.size() > longest || !is_printable(word))
    throw InputError(text(place, ": ", what, ": 1 to ", longest, " printable characters expected, ",
                          word.size(), " bytes came: ", quoted_name(word)));
  return word;
}

void check_members(const json& root, std::string_view place) {
  if (!root.is_object())
    throw InputError(text(place, ": an object expected, ", root.type_name(), " came"));
  for (const char* name : {"schema_version", "machine", "choices"})
    if (!root.contains(name)) throw InputError(text(place, ": '", name, "' is missing"));
  for (const auto& [name, value] : root.items())
    if (name != "schema_version" && name != "machine" && name != "choices")
      throw InputError(text(place, ": unknown member ", quoted_name(name)));
  const json& version = root.at("schema_version");
  if (version != schema_version)
    throw InputError(text(place, ": schema_version ", schema_version, " expected, ",
                          terminal_text(version.dump()), " came"));
  if (!root.at("choices").is_object())
    throw InputError(
        text(place, ": choices: an object expected, ", root.at("choices").type_name(), " came"));
}

}  // namespace

StoredChoices parse_kernel_choices(std::string_view characters, std::string_view place) {
  if (characters.size() > max_choices_bytes)
    throw InputError(text(place, ": at most ", max_choices_bytes, " bytes expected, ",
                          characters.size(), " came"));
  const json root = strict_json(characters, limits, place);
  check_members(root, place);
  StoredChoices stored;
  stored.machine = checked_text(root.at("machine"), longest_key, "machine", place);
  for (const auto& [key, algorithm] : root.at("choices").items())
    stored.algorithms.emplace(checked_text(key, longest_key, "key of a choice", place),
                              checked_text(algorithm, longest_name, "algorithm", place));
  return stored;
}

std::string kernel_choices_json(const StoredChoices& choices) {
  const json root{{"schema_version", schema_version},
                  {"machine", choices.machine},
                  {"choices", choices.algorithms}};
  return root.dump(1, ' ', false, json::error_handler_t::replace).append("\n");
}

}  // namespace palimpsest::tools
