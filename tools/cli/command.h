#pragma once
// What a verb of the command is: its options, and a run that yields data and an exit code.
// Verbs are registered in tools/cli/commands.h, one line each.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/cli/console.h"
#include "tools/cli/exit_code.h"

namespace palimpsest::tools {

/// What a verb leaves behind: `data` of the JSON envelope, and the exit code.
struct Outcome {
  nlohmann::json data = nlohmann::json::object();
  ExitCode exit_code = ExitCode::ok;
};

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  virtual std::string summary() const = 0;
  virtual void add_options(CLI::App& app) = 0;
  /// Throws the library's typed errors; the caller turns them into an envelope.
  virtual Outcome run(const Console& console) = 0;
};

}  // namespace palimpsest::tools
