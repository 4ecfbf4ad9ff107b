#include "tools/report/reproduction.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "graph/error.h"
#include "tools/report/run_record.h"

namespace palimpsest::tools {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./=:,+@%").find(c) != std::string_view::npos;
}

/// The word in single quotes where a shell would read anything into it.
std::string quoted(const std::string& word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

bool for_a_second_call(const std::string& word) {
  return word == "--resume" || word == "--overwrite";
}

}  // namespace

std::string reproduction(const nlohmann::json& result) {
  std::vector<std::string> words;
  for (const nlohmann::json& word : member(result, "command_line"))
    if (word.is_string()) words.push_back(word.get<std::string>());
  if (words.empty()) return "–";
  words.front() = std::filesystem::path(words.front()).filename().string();
  std::erase_if(words, for_a_second_call);
  const bool seeded =
      std::ranges::any_of(words, [](const auto& word) { return word.starts_with("--seed"); });
  if (!seeded && result.contains("seed") && result["seed"].is_number_integer())
    words.push_back(text("--seed=", result["seed"].get<std::int64_t>()));
  std::string command;
  for (const std::string& word : words) command += text(command.empty() ? "" : " ", quoted(word));
  return command;
}

}  // namespace palimpsest::tools
