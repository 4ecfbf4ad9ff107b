#pragma once
// How to do a run again.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace palimpsest::tools {

/// The command line that a result recorded, as a shell takes it: with the seed that was used, and
/// without what only matters for a second call into the same folder.
std::string reproduction(const nlohmann::json& result);

}  // namespace palimpsest::tools
