#include "tools/io/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

#include "graph/error.h"

namespace palimpsest::tools {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  ///< 0: not valid UTF-8
};

/// The character at the head of a non-empty text; refuses overlong forms and surrogates.
Character decode_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t code = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest[length] || code > 0x10FFFF || surrogate) return {};
  return {code, length};
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C || code == 0xFEFF ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x2069);
}

std::string escaped_byte(char c) {
  std::array<char, 8> out{};
  std::snprintf(out.data(), out.size(), "\\x%02X",
                static_cast<unsigned>(static_cast<std::uint8_t>(c)));
  return out.data();
}

std::string escaped_character(std::uint32_t code) {
  if (code < 0x80) return escaped_byte(static_cast<char>(code));
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "\\u{%04X}", static_cast<unsigned>(code));
  return out.data();
}

bool is_portable(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool is_device_name(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  for (char& c : stem)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  constexpr std::array<std::string_view, 4> devices{"CON", "PRN", "AUX", "NUL"};
  if (std::ranges::find(devices, stem) != devices.end()) return true;
  const bool port = stem.starts_with("COM") || stem.starts_with("LPT");
  return port && stem.size() == 4 && stem[3] >= '0' && stem[3] <= '9';
}

}  // namespace

std::string terminal_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = decode_utf8(text);
    if (character.bytes == 0)
      out += escaped_byte(text[0]);
    else if (is_control(character.code))
      out += escaped_character(character.code);
    else
      out += text.substr(0, character.bytes);
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return out;
}

std::string quoted_name(std::string_view name) {
  constexpr std::size_t longest = 120;
  const std::string_view end = name.size() > longest ? "...'" : "'";
  return text("'", terminal_text(name.substr(0, longest)), end);
}

std::string safe_file_name(std::string_view name) {
  std::string out(name.substr(0, 100));
  for (char& c : out)
    if (!is_portable(c)) c = '_';
  if (out.empty() || out[0] == '.' || out[0] == '-' || is_device_name(out)) out = text("_", out);
  if (out.size() > 100) out.resize(100);
  return out;
}

}  // namespace palimpsest::tools
