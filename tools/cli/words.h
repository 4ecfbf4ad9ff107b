#pragma once
// Values as users write them on the command line.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/tensor_type.h"

namespace palimpsest::tools {

// Each throws UsageError saying what was expected and what came.
std::int64_t parse_integer(std::string_view word);
double parse_number(std::string_view word);
/// "3,1,4" -> {3, 1, 4}; empty -> {}.
std::vector<std::int64_t> parse_integers(std::string_view words);
std::vector<double> parse_numbers(std::string_view words);
/// "1x3x32x32" -> [1,3,32,32].
Shape parse_shape(std::string_view words);
/// Bytes from "512M", "2G", "1073741824".
std::uint64_t parse_bytes(std::string_view words);
/// Seconds from "90", "90s", "5m", "2h".
double parse_duration(std::string_view words);
/// "name=value" -> {name, value}, split at the last '='.
std::pair<std::string, std::string> parse_pair(std::string_view words);

}  // namespace palimpsest::tools
