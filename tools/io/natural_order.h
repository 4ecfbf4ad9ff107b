#pragma once
// The order in which people number files: input_2 before input_10.

#include <string_view>

namespace palimpsest::tools {

/// Compares runs of digits as numbers and all else byte by byte; a strict total order.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace palimpsest::tools
