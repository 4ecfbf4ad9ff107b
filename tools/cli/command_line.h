#pragma once
// How this process was called, for result files.

#include <string>
#include <vector>

namespace palimpsest::tools {

/// The words of the command line, the program's own name first.
std::vector<std::string> command_line();

}  // namespace palimpsest::tools
