#pragma once
// Names that come from files are data: these functions make them safe to print on a terminal,
// to quote in an error and to use as a file name. HTML has its own rule, in the report.

#include <string>
#include <string_view>

namespace palimpsest::tools {

/// The text with every byte or character that a terminal may act on written out: C0, DEL and
/// invalid UTF-8 as \xNN; C1, bidirectional controls and line separators as \u{NNNN}.
std::string terminal_text(std::string_view text);

/// terminal_text in single quotes, cut after 120 bytes: for names in messages.
std::string quoted_name(std::string_view name);

/// A name of [A-Za-z0-9._-], 1 to 100 bytes, without a leading '.' or '-' and never a device
/// name of Windows. Two names may map to the same one; the caller adds a number.
std::string safe_file_name(std::string_view name);

}  // namespace palimpsest::tools
