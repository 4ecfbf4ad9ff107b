#pragma once
// What is recorded of a defence: an element of the metadata's array "defense".

#include <optional>
#include <string>

#include "inversion/defense/defense.h"
#include "tools/io/config.h"

namespace palimpsest::tools {

/// One defence that a client applied, or what is said of one that the library does not know.
struct DefenseRecord {
  std::optional<inversion::Defense> defense;  ///< absent: of kind "other"
  std::string mechanism;                      ///< free text, of kind "other" only
  std::optional<double> epsilon;              ///< of DP-SGD, at its delta
};

/// Throws InputError (source, line, key) for an unknown kind or key, a missing parameter and one
/// out of range.
DefenseRecord read_defense(ConfigTable table);

/// The element that read_defense reads back.
void write_defense(ConfigWriter& out, const DefenseRecord& record);

}  // namespace palimpsest::tools
