#include "tools/io/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "graph/error.h"
#include "tools/io/escape.h"
#include "tools/io/natural_order.h"

namespace palimpsest::tools {
namespace {

std::string shown(const std::filesystem::path& path) { return quoted_name(path.native()); }

[[noreturn]] void fail(std::string_view action, const std::filesystem::path& path, int error) {
  throw IoError(text(shown(path), ": cannot ", action, ": ", std::strerror(error)));
}

struct stat regular_file(const FileDescriptor& file, const std::filesystem::path& path,
                         std::uint64_t max_bytes) {
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) fail("inspect", path, errno);
  if (!S_ISREG(status.st_mode))
    throw InputError(text(shown(path), ": a regular file expected, something else came"));
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes)
    throw InputError(
        text(shown(path), ": at most ", max_bytes, " bytes expected, ", status.st_size, " came"));
  return status;
}

Bytes read_all(const FileDescriptor& file, const std::filesystem::path& path, std::size_t size) {
  Bytes bytes(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t count =
        ::pread(file.number(), bytes.data() + done, size - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", path, errno);
    if (count == 0)
      throw IoError(text(shown(path), ": ended after ", done, " of ", size,
                         " bytes: it is being truncated by another process"));
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

/// A file that vanishes unless it is renamed into place.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& target) : target_(target) {
    constexpr int attempts = 100;
    for (int i = 0; i < attempts && !file_.is_open(); ++i) {
      path_ = target;
      path_.replace_filename(
          text(".", target.filename().native(), ".", ::getpid(), "-", i, ".tmp"));
      const int flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_WRONLY;
      file_ = FileDescriptor(::open(path_.c_str(), flags, 0666));
      if (!file_.is_open() && errno != EEXIST) break;
    }
    if (!file_.is_open()) fail("create a file beside", target, errno);
  }
  ~Temporary() {
    if (!renamed_) ::unlink(path_.c_str());
  }
  Temporary(const Temporary&) = delete;

  void write(ByteView bytes) {
    reserve(bytes.size());
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.number(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("write", target_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  /// A failed fsync is never repeated: the kernel may have dropped the pages and would then
  /// report success for data that is lost.
  void rename_into_place() {
    if (::fsync(file_.number()) != 0) fail("flush", target_, errno);
    if (file_.close() != 0) fail("close", target_, errno);
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail("rename into", target_, errno);
    renamed_ = true;
  }

 private:
  /// A full disk is found before the first byte is written.
  void reserve(std::size_t size) {
    if (size == 0) return;
    const int error = ::posix_fallocate(file_.number(), 0, static_cast<off_t>(size));
    if (error == ENOSPC || error == EFBIG || error == EDQUOT)
      fail("reserve space for", target_, error);
  }

  std::filesystem::path target_, path_;
  FileDescriptor file_;
  bool renamed_ = false;
};

FileDescriptor open_directory(const std::filesystem::path& path) {
  FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) fail("open as a directory", path, errno);
  return directory;
}

void flush_directory(const std::filesystem::path& path) {
  const FileDescriptor directory = open_directory(path.empty() ? "." : path);
  if (::fsync(directory.number()) != 0) fail("flush", path, errno);
}

/// Opens a relative name one component at a time, following no link, so that neither the final
/// nor a parent component can lead out of the directory.
FileDescriptor open_beneath(const FileDescriptor& root, const std::filesystem::path& path,
                            std::string_view name) {
  const std::filesystem::path relative(name);
  const bool has_nul = name.find('\0') != std::string_view::npos;
  if (name.empty() || has_nul || relative.is_absolute())
    throw InputError(
        text(shown(path), ": the name of a file beneath expected, ", quoted_name(name), " came"));
  FileDescriptor current;
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    if (*part == ".." || *part == "." || part->empty())
      throw InputError(text(shown(path), ": ", quoted_name(name), " leaves the directory"));
    const bool last = std::next(part) == relative.end();
    const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (last ? O_NONBLOCK : O_DIRECTORY);
    const int parent = current.is_open() ? current.number() : root.number();
    current = FileDescriptor(::openat(parent, part->c_str(), flags));
    if (!current.is_open() && (errno == ELOOP || errno == ENOTDIR))
      throw InputError(text(shown(path), ": ", quoted_name(name),
                            " is or passes a symbolic link or no directory"));
    if (!current.is_open()) fail("open", path / relative, errno);
  }
  return current;
}

}  // namespace

FileDescriptor::~FileDescriptor() { close(); }

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this == &other) return *this;
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

int FileDescriptor::close() {
  return descriptor_ < 0 ? 0 : ::close(std::exchange(descriptor_, -1));
}

Bytes read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer; regular files ignore it.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) fail("open", path, errno);
  const struct stat status = regular_file(file, path, max_bytes);
  return read_all(file, path, static_cast<std::size_t>(status.st_size));
}

void write_atomically(const std::filesystem::path& path, ByteView bytes) {
  Temporary temporary(path);
  temporary.write(bytes);
  temporary.rename_into_place();
  flush_directory(path.parent_path());
}

void write_atomically(const std::filesystem::path& path, std::string_view characters) {
  write_atomically(path, byte_view(characters));
}

Directory::Directory(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(open_directory(path_)) {}

std::vector<std::string> Directory::names() const {
  constexpr std::size_t most = 100'000;
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator it(path_, error), end; !error && it != end;
       it.increment(error)) {
    names.push_back(it->path().filename().native());
    if (names.size() > most)
      throw InputError(text(shown(path_), ": at most ", most, " entries expected, more came"));
  }
  if (error) throw IoError(text(shown(path_), ": cannot list: ", error.message()));
  std::ranges::sort(names, natural_less);
  return names;
}

bool Directory::contains(std::string_view name) const {
  return ::faccessat(descriptor_.number(), std::string(name).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) ==
         0;
}

Bytes Directory::read(std::string_view name, std::uint64_t max_bytes) const {
  const FileDescriptor file = open_beneath(descriptor_, path_, name);
  const struct stat status = regular_file(file, path_ / name, max_bytes);
  // A hard link could name a file that its owner never meant to be read from here.
  if (status.st_nlink != 1)
    throw InputError(
        text(shown(path_ / name), ": a file with one link expected, ", status.st_nlink, " came"));
  return read_all(file, path_ / name, static_cast<std::size_t>(status.st_size));
}

std::string_view characters(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ByteView byte_view(std::string_view characters) {
  return {reinterpret_cast<const std::byte*>(characters.data()), characters.size()};
}

}  // namespace palimpsest::tools
