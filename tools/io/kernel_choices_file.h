#pragma once
// Choices of algorithms (runtime/kernel_choices.h) as JSON: measured once on a machine, to be taken
// over by later programs on it.

#include <map>
#include <string>
#include <string_view>

#include "runtime/kernel_choices.h"
#include "tools/io/files.h"

namespace palimpsest::tools {

/// Of choices by key. They hold for one machine and program, named by a line of text.
struct StoredChoices {
  std::string machine;
  std::map<std::string, std::string> algorithms;
};

/// The most that a file may hold.
inline constexpr std::uint64_t max_choices_bytes = std::uint64_t{16} << 20;

/// Throws InputError, starting with `place`, for what is no such file: invalid JSON, another
/// schema, unknown members, more than max_choices_bytes, keys or names that are no short printable
/// text.
StoredChoices parse_kernel_choices(std::string_view json, std::string_view place);

std::string kernel_choices_json(const StoredChoices& choices);

}  // namespace palimpsest::tools
