#pragma once
// Files as bytes in owned memory: no mapping, so a file that changes or shrinks while it is
// read cannot kill the process.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace palimpsest::onnx_import {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

/// Fills `target` from `offset` on. Throws ImportError naming `where` when the file ends early.
void read_exactly(const Descriptor& file, std::uint64_t offset, std::span<std::byte> target,
                  std::string_view where);

/// The whole of a regular file of at most `limit` bytes. Throws IoError when it cannot be
/// opened, ImportError when it is no regular file or too long.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t limit);

}  // namespace palimpsest::onnx_import
