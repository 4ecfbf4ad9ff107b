#include "tools/cli/words.h"

#include <charconv>
#include <cmath>

#include "tools/cli/exit_code.h"
#include "tools/io/escape.h"

namespace palimpsest::tools {
namespace {

template <class T>
T parse_whole(std::string_view word, std::string_view expected) {
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size())
    throw UsageError(text(expected, " expected, ", quoted_name(word), " came"));
  return value;
}

template <class T, class Parse>
std::vector<T> parse_list(std::string_view words, std::string_view separators, Parse parse) {
  std::vector<T> values;
  while (!words.empty()) {
    const auto end = std::min(words.find_first_of(separators), words.size());
    values.push_back(parse(words.substr(0, end)));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return values;
}

/// The factor of a unit letter at the end, which is taken off.
template <std::size_t N>
double take_unit(std::string_view& word, const std::pair<char, double> (&units)[N]) {
  for (const auto& [letter, factor] : units)
    if (!word.empty() && word.back() == letter) {
      word.remove_suffix(1);
      return factor;
    }
  return 1;
}

}  // namespace

std::int64_t parse_integer(std::string_view word) {
  return parse_whole<std::int64_t>(word, "a whole number");
}

double parse_number(std::string_view word) {
  const double value = parse_whole<double>(word, "a number");
  if (!std::isfinite(value))
    throw UsageError(text("a finite number expected, ", quoted_name(word), " came"));
  return value;
}

std::vector<std::int64_t> parse_integers(std::string_view words) {
  return parse_list<std::int64_t>(words, ",", parse_integer);
}

std::vector<double> parse_numbers(std::string_view words) {
  return parse_list<double>(words, ",", parse_number);
}

Shape parse_shape(std::string_view words) {
  try {
    return Shape(parse_list<std::int64_t>(words, "x,", parse_integer));
  } catch (const ShapeError& error) {
    throw UsageError(error.what());
  }
}

std::uint64_t parse_bytes(std::string_view words) {
  constexpr std::pair<char, double> units[] = {
      {'K', 1024.0}, {'M', 1048576.0}, {'G', 1073741824.0}, {'T', 1099511627776.0}};
  std::string_view number = words;
  const double factor = take_unit(number, units);
  const std::int64_t value = parse_integer(number);
  constexpr double most = 4e18;
  if (value < 0 || static_cast<double>(value) * factor > most)
    throw UsageError(text("a size like 512M or 2G expected, ", quoted_name(words), " came"));
  return static_cast<std::uint64_t>(value) * static_cast<std::uint64_t>(factor);
}

double parse_duration(std::string_view words) {
  constexpr std::pair<char, double> units[] = {{'s', 1.0}, {'m', 60.0}, {'h', 3600.0}};
  std::string_view number = words;
  const double factor = take_unit(number, units);
  const double value = parse_number(number);
  if (value < 0) throw UsageError(text("a duration >= 0 expected, ", quoted_name(words), " came"));
  return value * factor;
}

std::pair<std::string, std::string> parse_pair(std::string_view words) {
  const auto equals = words.rfind('=');
  if (equals == std::string_view::npos || equals == 0)
    throw UsageError(text("name=value expected, ", quoted_name(words), " came"));
  return {std::string(words.substr(0, equals)), std::string(words.substr(equals + 1))};
}

}  // namespace palimpsest::tools
