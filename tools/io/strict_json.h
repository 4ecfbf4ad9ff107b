#pragma once
// JSON from untrusted files: bounded depth and number of values, duplicate keys refused. For
// .cpp files only, because it names nlohmann::json.

#include <nlohmann/json.hpp>
#include <string_view>

namespace palimpsest::tools {

struct JsonLimits {
  int depth = 32;                  ///< of nested objects and arrays
  std::size_t values = 1'000'000;  ///< keys, numbers, strings, objects and arrays together
};

/// Throws InputError (starting with `place`) for invalid JSON, a duplicate key or a passed limit.
nlohmann::json strict_json(std::string_view text, const JsonLimits& limits, std::string_view place);

}  // namespace palimpsest::tools
