#pragma once
// SHA-256 of bytes and files: what results and checkpoints identify their inputs by.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "tools/io/named_tensor.h"

namespace palimpsest::tools {

/// 64 hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);
/// Over names, types and elements.
std::string sha256(const std::vector<NamedTensor>& tensors);
/// Of a file's content. Throws IoError.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace palimpsest::tools
