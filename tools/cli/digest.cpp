#include "tools/cli/digest.h"

#include <openssl/evp.h>

#include <array>

#include "graph/error.h"
#include "tools/io/files.h"

namespace palimpsest::tools {

std::string sha256(std::span<const std::byte> bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (!EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr))
    throw Error("sha256: the digest could not be computed");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

std::string sha256(const std::vector<NamedTensor>& tensors) {
  std::string all;
  for (const auto& [name, tensor] : tensors)
    all +=
        text(name, '\n', tensor.type(), ' ', sha256({tensor.bytes(), tensor.type().bytes()}), '\n');
  return sha256(byte_view(all));
}

std::string sha256_of_file(const std::filesystem::path& path) { return sha256(read_file(path)); }

}  // namespace palimpsest::tools
