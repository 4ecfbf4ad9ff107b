#include "tools/cli/program_folder.h"

namespace palimpsest::tools {

std::filesystem::path program_folder() {
  std::error_code code;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", code);
  return code ? std::filesystem::path(".") : program.parent_path();
}

}  // namespace palimpsest::tools
