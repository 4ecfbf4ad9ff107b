// ONNX's own backend tests, as Debian's libonnx-testdata installs them.

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "graph/error.h"
#include "tests/support/skip.h"
#include "tools/cli/conformance.h"

namespace palimpsest::testing {
namespace {

namespace fs = std::filesystem;

const fs::path data = "/usr/share/libonnx-testdata/data";
constexpr double our_rtol = 1e-5;
constexpr double suite_rtol = 1e-3;
constexpr double atol = 1e-7;

/// One line of conformance_exclusions.txt.
struct Exclusion {
  std::string pattern;
  bool loose = false;
  bool used = false;
};

bool fits(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  const std::string_view tail = pattern.substr(star + 1);
  if (!name.starts_with(pattern.substr(0, star))) return false;
  if (tail.find('*') == std::string_view::npos)
    return name.size() >= star + tail.size() && name.ends_with(tail);
  for (std::size_t i = star; i <= name.size(); ++i)
    if (fits(tail, name.substr(i))) return true;
  return false;
}

std::vector<Exclusion> exclusions() {
  std::ifstream file(fs::path(PALIMPSEST_SOURCE_DIR) / "tests/onnx/conformance_exclusions.txt");
  REQUIRE(file);
  std::vector<Exclusion> list;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first;
    if (!(words >> first) || first.front() == '#') continue;
    const bool loose = first == "loose";
    if (loose) words >> first;
    list.push_back({first, loose});
  }
  return list;
}

/// Runs a suite and checks every result against the list.
void check_suite(std::string_view suite, std::vector<Exclusion>& list) {
  for (const fs::path& folder : tools::test_folders(data / suite)) {
    const std::string name = folder.filename().string();
    CAPTURE(name);
    bool excluded = false;
    double rtol = our_rtol;
    for (Exclusion& exclusion : list) {
      if (!fits(exclusion.pattern, name)) continue;
      exclusion.used = true;
      if (exclusion.loose)
        rtol = suite_rtol;
      else
        excluded = true;
    }
    const tools::Conformance result = tools::conformance_of(folder, {rtol, atol});
    CAPTURE(result.reason);
    CHECK((result.verdict == tools::Verdict::passed) != excluded);
  }
}

}  // namespace

TEST_CASE("ONNX's backend tests pass but for those that are listed with a reason") {
  if (!fs::exists(data)) {
    return skip(text(data.string(), " is not there; install libonnx-testdata"));
  }
  std::vector<Exclusion> list = exclusions();
  for (const std::string_view suite : {"node", "pytorch-converted", "pytorch-operator", "simple"})
    check_suite(suite, list);
  for (const Exclusion& exclusion : list) {
    CAPTURE(exclusion.pattern);
    CHECK(exclusion.used);
  }
}

}  // namespace palimpsest::testing
