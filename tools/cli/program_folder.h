#pragma once
// Where this program's file lies: plug-ins are looked for beside it.

#include <filesystem>

namespace palimpsest::tools {

std::filesystem::path program_folder();

}  // namespace palimpsest::tools
