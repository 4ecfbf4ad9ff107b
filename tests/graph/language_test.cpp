// docs/language.md lists exactly the primitives of the language, each with its kind of fact.

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <string>

#include "ops/all.h"

using namespace palimpsest;

namespace {

/// The cells of "| `name` | operands | result | fact | ... |".
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> parts;
  std::size_t begin = line.find("| ");
  while (begin != std::string::npos) {
    const std::size_t end = line.find(" |", begin + 1);
    if (end == std::string::npos) break;
    parts.push_back(end > begin + 2 ? line.substr(begin + 2, end - begin - 2) : std::string());
    begin = line.find("| ", end + 1);
  }
  return parts;
}

/// Name -> fact of the rows with five columns.
std::map<std::string, std::string> documented() {
  std::ifstream file(std::string(PALIMPSEST_SOURCE_DIR) + "/docs/language.md");
  REQUIRE(file.good());
  std::map<std::string, std::string> facts;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> row = cells(line);
    if (row.size() != 5 || !row[0].starts_with('`')) continue;
    const std::string name = row[0].substr(1, row[0].size() - 2);
    CAPTURE(name);
    CHECK(!facts.contains(name));
    facts[name] = row[3];
  }
  return facts;
}

template <Primitive P>
std::string fact() {
  switch (derivative_of<P>()) {
    case Derivative::pointwise:
      return "pointwise";
    case Derivative::joint:
      return "linear";
    case Derivative::multilinear:
      return "multilinear";
    case Derivative::nonlinear:
      return "nonlinear";
    case Derivative::inert:
      return "inert";
  }
  return {};
}

}  // namespace

TEST_CASE("the language page lists exactly the primitives, with their facts") {
  std::map<std::string, std::string> expected;
  AllPrimitives::for_each([&]<class P>() { expected[std::string(P::name)] = fact<P>(); });
  CHECK(documented() == expected);
}

TEST_CASE("no two primitives share a name") {
  std::map<std::string_view, int> count;
  AllPrimitives::for_each([&]<class P>() { ++count[P::name]; });
  for (const auto& entry : count) {
    CAPTURE(entry.first);
    CHECK(entry.second == 1);
  }
}
