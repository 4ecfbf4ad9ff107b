#pragma once
// Reading whole files into owned memory and writing them so that a crash, a full disk or a
// second writer leaves either the old file or the new one. No memory mapping: a mapped file
// that another process truncates kills the reader.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest::tools {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// The most that a reader takes from one file and the most that it decodes into, in bytes.
inline constexpr std::uint64_t default_max_bytes = std::uint64_t{16} << 30;

/// An open file, closed on destruction.
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;

  int number() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  /// Closes and returns what close(2) returned: some file systems report a failed write here.
  int close();

 private:
  int descriptor_;
};

/// The whole content of a regular file. Throws IoError when it cannot be opened or read,
/// InputError when it is no regular file or holds more than `max_bytes`.
Bytes read_file(const std::filesystem::path& path, std::uint64_t max_bytes = default_max_bytes);

/// Replaces `path` by the bytes: a temporary file beside it, fsync, rename, fsync of the
/// directory. After any failure the temporary is gone and the old file is untouched. Throws
/// IoError.
void write_atomically(const std::filesystem::path& path, ByteView bytes);
void write_atomically(const std::filesystem::path& path, std::string_view characters);

/// A directory whose files are opened beneath it only: relative names, no "..", no symbolic
/// link in any component, regular files with a single link. For names that come from data.
class Directory {
 public:
  /// Throws IoError when the path is no directory or cannot be opened.
  explicit Directory(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  /// Names of its entries but '.' and '..', in natural order. Throws InputError beyond 100,000.
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const;
  /// Content of a file beneath. Throws InputError for a name that leaves the directory or is no
  /// plain file, IoError when it cannot be opened.
  Bytes read(std::string_view name, std::uint64_t max_bytes = default_max_bytes) const;

 private:
  std::filesystem::path path_;
  FileDescriptor descriptor_;
};

/// The bytes as characters and back, without a copy.
std::string_view characters(ByteView bytes);
ByteView byte_view(std::string_view characters);

}  // namespace palimpsest::tools
