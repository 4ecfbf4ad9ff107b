#pragma once
// The command run inside a test.

#include <doctest/doctest.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tools/cli/commands.h"

namespace palimpsest::tools::testing {

inline std::string quickstart(const std::string& file) {
  return std::string(PALIMPSEST_SOURCE_DIR) + "/examples/quickstart/" + file;
}

struct Ran {
  int exit_code = 0;
  std::string output, errors;
};

/// While it lives, standard output and standard error go to strings.
class Captured {
 public:
  Captured() : out_(std::cout.rdbuf(output.rdbuf())), err_(std::cerr.rdbuf(errors.rdbuf())) {}
  ~Captured() {
    std::cout.rdbuf(out_);
    std::cerr.rdbuf(err_);
  }
  Captured(const Captured&) = delete;
  std::ostringstream output, errors;

 private:
  std::streambuf *out_, *err_;
};

/// palimpsest with these words.
inline Ran run(const std::vector<std::string>& words) {
  std::vector<const char*> arguments{"palimpsest"};
  for (const std::string& word : words) arguments.push_back(word.c_str());
  const Captured captured;
  const int code = run_command_line(static_cast<int>(arguments.size()), arguments.data());
  return {code, captured.output.str(), captured.errors.str()};
}

/// `data` of the envelope; the command must succeed.
inline nlohmann::json data_of(std::vector<std::string> words) {
  words.emplace_back("--json");
  const Ran ran = run(words);
  CAPTURE(ran.errors);
  REQUIRE(ran.exit_code == 0);
  return nlohmann::json::parse(ran.output).at("data");
}

}  // namespace palimpsest::tools::testing
