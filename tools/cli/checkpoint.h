#pragma once
// Where an interrupted attack goes on: the session's state on disk, with digests of what it
// belongs to and of itself. The newest two are kept; a damaged one falls back to the other.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inversion/session.h"
#include "tools/cli/run_folder.h"

namespace palimpsest::tools {

/// What a checkpoint belongs to, by name: digests of model and update, settings as TOML, program
/// version.
using Identity = std::map<std::string, std::string>;

/// Replaces the older of the two checkpoints. Throws IoError; the other one stays intact.
void save_checkpoint(const RunFolder& folder, const Identity& identity,
                     const std::vector<inversion::NamedTensor>& state);

/// The newest intact state. Throws InputError naming the field, and for settings the key, when it
/// belongs to another run, IoError when there is none.
std::vector<inversion::NamedTensor> load_checkpoint(const RunFolder& folder,
                                                    const Identity& identity);

}  // namespace palimpsest::tools
