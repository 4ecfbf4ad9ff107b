#include "onnx_import/external_data.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "graph/error.h"
#include "onnx_import/wire.pb.h"

namespace palimpsest::onnx_import {
namespace {

struct Location {
  std::string path;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};

std::uint64_t number_of(std::string_view key, const std::string& digits, std::string_view where) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw ImportError(text(where, ": external data: a non-negative number expected for '", key,
                           "', '", digits, "' came"));
  return number;
}

Location location_of(const wire::Tensor& tensor, std::string_view where) {
  Location location;
  std::vector<std::string> seen;
  for (const wire::StringPair& entry : tensor.external_data()) {
    for (const std::string& key : seen)
      if (key == entry.key())
        throw ImportError(text(where, ": external data: key '", key, "' comes twice"));
    seen.push_back(entry.key());
    if (entry.key() == "location")
      location.path = entry.value();
    else if (entry.key() == "offset")
      location.offset = number_of("offset", entry.value(), where);
    else if (entry.key() == "length")
      location.length = number_of("length", entry.value(), where);
    else if (entry.key() != "checksum")
      throw ImportError(text(where, ": external data: unknown key '", entry.key(), "'"));
  }
  if (location.path.empty()) throw ImportError(text(where, ": external data: no location"));
  return location;
}

/// The components of a relative path that stays below its start.
std::vector<std::string> components_of(const std::string& path, std::string_view where) {
  std::vector<std::string> components;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    components.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  while (components.size() > 1 && components.front() == ".") components.erase(components.begin());
  for (const std::string& component : components)
    if (component.empty() || component == "." || component == ".." ||
        component.find('\0') != std::string::npos)
      throw ImportError(text(where,
                             ": external data: a path beneath the model's directory "
                             "expected, '",
                             path, "' came"));
  return components;
}

/// Opens component by component, so that no link on the way is ever followed.
Descriptor open_beneath(const Descriptor& directory, const std::string& path,
                        std::string_view where) {
  const std::vector<std::string> components = components_of(path, where);
  Descriptor current;
  for (std::size_t i = 0; i < components.size(); ++i) {
    const int from = i == 0 ? directory.number() : current.number();
    const int kind = i + 1 < components.size() ? O_DIRECTORY : O_NONBLOCK;
    Descriptor next(openat(from, components[i].c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | kind));
    if (!next)
      throw ImportError(text(where, ": external data: '", path, "' cannot be opened at '",
                             components[i], "': ", std::strerror(errno)));
    current = std::move(next);
  }
  return current;
}

std::uint64_t checked_size(const Descriptor& file, const std::string& path,
                           std::string_view where) {
  struct stat status {};
  if (fstat(file.number(), &status) != 0)
    throw IoError(text(where, ": external data: '", path, "': ", std::strerror(errno)));
  if (!S_ISREG(status.st_mode))
    throw ImportError(text(where, ": external data: '", path, "' is not a regular file"));
  if (status.st_nlink != 1)
    throw ImportError(text(where, ": external data: '", path, "' has ", status.st_nlink,
                           " hard links, 1 expected"));
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

ExternalData::ExternalData(const std::filesystem::path& directory)
    : directory_(
          open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!directory_)
    throw IoError(text(directory.string(), ": cannot be opened: ", std::strerror(errno)));
}

std::vector<std::byte> ExternalData::read(const wire::Tensor& tensor, std::uint64_t expected,
                                          std::string_view where) const {
  const Location location = location_of(tensor, where);
  if (!directory_)
    throw ImportError(text(where, ": external data '", location.path,
                           "': not available for a model that comes as bytes"));
  if (location.length && *location.length != expected)
    throw ImportError(text(where, ": external data: ", expected, " bytes expected, length is ",
                           *location.length));
  const Descriptor file = open_beneath(directory_, location.path, where);
  const std::uint64_t size = checked_size(file, location.path, where);
  if (expected > size || location.offset > size - expected)
    throw ImportError(text(where, ": external data: ", expected, " bytes expected at ",
                           location.offset, " of '", location.path, "', which has ", size));
  std::vector<std::byte> bytes(expected);
  read_exactly(file, location.offset, bytes, where);
  return bytes;
}

}  // namespace palimpsest::onnx_import
