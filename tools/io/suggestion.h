#pragma once
// "Did you mean ...?" for keys, names and verbs that a user mistyped.

#include <span>
#include <string>
#include <string_view>

namespace palimpsest::tools {

/// ", did you mean 'x'?" for the candidate nearest to the word, or an empty text when none is
/// near (edit distance above a third of the word's length, at least 2).
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace palimpsest::tools
