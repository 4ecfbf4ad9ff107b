#include "onnx_import/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "graph/error.h"

namespace palimpsest::onnx_import {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

void read_exactly(const Descriptor& file, std::uint64_t offset, std::span<std::byte> target,
                  std::string_view where) {
  std::size_t done = 0;
  while (done < target.size()) {
    const ssize_t count = pread(file.number(), target.data() + done, target.size() - done,
                                static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw IoError(text(where, ": cannot be read: ", std::strerror(errno)));
    if (count == 0)
      throw ImportError(
          text(where, ": ", target.size(), " bytes expected at ", offset, ", ", done, " came"));
    done += static_cast<std::size_t>(count);
  }
}

std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t limit) {
  // O_NONBLOCK: a pipe with no writer must not stop us before fstat can refuse it.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) throw IoError(text(path.string(), ": cannot be opened: ", std::strerror(errno)));
  struct stat status {};
  if (fstat(file.number(), &status) != 0)
    throw IoError(text(path.string(), ": ", std::strerror(errno)));
  if (!S_ISREG(status.st_mode)) throw ImportError(text(path.string(), ": not a regular file"));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > limit)
    throw ImportError(text(path.string(), ": at most ", limit, " bytes expected, ", size, " came"));
  std::vector<std::byte> bytes(size);
  read_exactly(file, 0, bytes, path.string());
  return bytes;
}

}  // namespace palimpsest::onnx_import
