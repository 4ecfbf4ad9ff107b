#include "tools/report/facts.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/cli/console.h"

namespace palimpsest::tools {
namespace {

using nlohmann::json;

constexpr std::size_t most_facts = 100, longest_text = 600, longest_list = 32;

std::string shortened(std::string words) {
  if (words.size() <= longest_text) return words;
  std::size_t end = longest_text;
  while (end > 0 && (words[end] & 0xC0) == 0x80) --end;  // not within a UTF-8 character
  return words.substr(0, end) + " …";
}

std::string list_words(const json& list) {
  std::string words;
  for (std::size_t i = 0; i < std::min(list.size(), longest_list); ++i)
    words += (i == 0 ? "" : ", ") + words_of(list[i]);
  return list.size() > longest_list ? words + " …" : words;
}

void collect(const json& object, const std::string& prefix, Facts& facts) {
  for (const auto& [key, value] : object.items()) {
    if (facts.size() >= most_facts) return;
    std::string name = prefix + key;
    std::ranges::replace(name, '_', ' ');
    if (value.is_object())
      collect(value, name + ", ", facts);
    else
      facts.emplace_back(shortened(name), words_of(value));
  }
}

}  // namespace

void write_facts(Markup& out, const Facts& facts) {
  const Element list(out, "dl", "facts");
  for (const auto& [name, value] : facts) {
    const Element pair(out, "div");
    out.element("dt", name).element("dd", value);
  }
}

Facts facts_of(const json& object) {
  Facts facts;
  if (object.is_object()) collect(object, "", facts);
  return facts;
}

std::string words_of(const json& value) {
  if (value.is_null()) return "–";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return figure(value.get<double>());
  if (value.is_string()) return shortened(value.get<std::string>());
  if (value.is_array()) return list_words(value);
  return shortened(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::string figure(double value, int digits) {
  if (std::isnan(value)) return "–";
  if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
  return readable_number(value, digits);
}

std::string duration_words(double seconds) {
  return seconds >= 0 && seconds < 1e12 ? readable_seconds(seconds) : "–";
}

std::string size_words(double bytes) {
  return bytes >= 0 && bytes < 1e18 ? readable_bytes(bytes) : "–";
}

void write_table(Markup& out, const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return;
  const Element scroll(out, "div", "scroll");
  const Element table(out, "table");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Element row(out, "tr");
    for (std::size_t c = 0; c < rows[r].size(); ++c)
      out.element(r == 0 || c == 0 ? "th" : "td", rows[r][c]);
  }
}

}  // namespace palimpsest::tools
