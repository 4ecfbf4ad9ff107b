#pragma once
// Small tables: names beside values, and JSON as both.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tools/report/markup.h"

namespace palimpsest::tools {

using Facts = std::vector<std::pair<std::string, std::string>>;

void write_facts(Markup& out, const Facts& facts);

/// Names and values of an object, nested ones with both names. Long lists and texts are cut; at
/// most 100 facts.
Facts facts_of(const nlohmann::json& object);

/// A JSON value in words: numbers to four digits, "–" for null.
std::string words_of(const nlohmann::json& value);
/// A number to so many digits, with "–" for NaN and "∞".
std::string figure(double value, int digits = 4);

/// Seconds and bytes as people read them; "–" for what can be neither.
std::string duration_words(double seconds);
std::string size_words(double bytes);

/// Rows of words, the first row being the heading; columns from the second on are figures.
void write_table(Markup& out, const std::vector<std::vector<std::string>>& rows);

}  // namespace palimpsest::tools
