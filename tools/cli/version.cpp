#include "tools/cli/version.h"

namespace palimpsest::tools {

std::string version_number() { return PALIMPSEST_VERSION; }
std::string version_text() { return std::string("palimpsest ").append(version_number()); }

}  // namespace palimpsest::tools
