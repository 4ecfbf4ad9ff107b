#pragma once
// The choices of kernels of one command: those known from former runs on this machine, those of a
// run that is resumed, and those measured now, which are kept for later runs. No trouble with these
// files ends a run: it is told, and what is missing is measured again.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "runtime/kernel_choices.h"
#include "tools/cli/console.h"

namespace palimpsest::tools {

/// $XDG_CACHE_HOME/palimpsest, else $HOME/.cache/palimpsest; nothing where neither variable holds
/// an absolute path.
std::optional<std::filesystem::path> cache_folder();

/// What measured times depend on: processor, instructions, oneDNN, this program.
std::string measured_machine();

class KernelCache {
 public:
  /// Reads what is known of this machine.
  explicit KernelCache(const Console& console);

  /// Takes over the choices that a run recorded, whatever machine they were measured on.
  void resume(const std::filesystem::path& file);
  runtime::KernelChoices& choices() { return choices_; }
  /// Adds what was measured to the machine's file.
  void save() const;

  /// The choices that were used, as JSON: what resume() reads.
  std::string used_json() const;
  /// For --json: `cache` (path, or null), `recorded` and `measured` (how many choices that were
  /// used), `algorithms` (by key).
  nlohmann::json summary() const;

 private:
  Console console_;
  std::optional<std::filesystem::path> file_;  ///< of this machine
  runtime::KernelChoices choices_{runtime::Measuring::allowed};
};

}  // namespace palimpsest::tools
