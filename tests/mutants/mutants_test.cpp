// Keeps the table of planted wrong derivatives applicable while the sources change. Planting
// them is scripts/mutants.sh.

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "graph/error.h"

using palimpsest::text;

namespace {

struct Mutant {
  std::string kind, file, old_text, new_text;
};

std::string read(const std::string& path) {
  std::ifstream file(std::string(PALIMPSEST_SOURCE_DIR) + "/" + path);
  REQUIRE_MESSAGE(file.good(), path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<Mutant> mutants() {
  std::vector<Mutant> all;
  std::istringstream table(read("tests/mutants/mutants.txt"));
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with("@ ")) {
      const std::size_t colon = line.find(": ");
      all.push_back({line.substr(2, colon - 2), line.substr(colon + 2), {}, {}});
    } else if (line.starts_with("- ")) {
      all.back().old_text = line.substr(2);
    } else if (line.starts_with("+ ")) {
      all.back().new_text = line.substr(2);
    }
  }
  return all;
}

int occurrences(const std::string& where, const std::string& what) {
  int count = 0;
  for (std::size_t at = where.find(what); at != std::string::npos; at = where.find(what, at + 1))
    ++count;
  return count;
}

}  // namespace

TEST_CASE("every planted wrong derivative still has its place in the sources") {
  for (const Mutant& mutant : mutants()) {
    CAPTURE(mutant.file);
    CAPTURE(mutant.old_text);
    CHECK(mutant.old_text != mutant.new_text);
    CHECK(occurrences(read(mutant.file), mutant.old_text) == 1);
  }
}

TEST_CASE("at least 40 wrong derivatives of every kind are planted") {
  std::map<std::string, int> by_kind;
  for (const Mutant& mutant : mutants()) ++by_kind[mutant.kind];
  CHECK(mutants().size() >= 40);
  for (const std::string kind : {"sign", "factor", "padding off by one", "dropped term",
                                 "dropped factor", "transposed index", "wrong function", "kink"}) {
    CAPTURE(kind);
    CHECK(by_kind[kind] >= 3);
  }
}
