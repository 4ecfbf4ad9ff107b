#pragma once
// The version of this program, for --version and for result files.

#include <string>

namespace palimpsest::tools {

/// "palimpsest 0.1.0".
std::string version_text();
std::string version_number();

}  // namespace palimpsest::tools
