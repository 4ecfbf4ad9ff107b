#pragma once
// SHA-256 of bytes and files: what results and checkpoints identify their inputs by.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace palimpsest::tools {

/// 64 hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);
/// Of a file's content. Throws IoError.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace palimpsest::tools
