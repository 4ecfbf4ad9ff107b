#include "tools/cli/command_line.h"

#include <fstream>

namespace palimpsest::tools {

std::vector<std::string> command_line() {
  std::vector<std::string> words;
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

}  // namespace palimpsest::tools
