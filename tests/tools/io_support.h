#pragma once
// What the tests of the file formats share: fixtures, scratch folders, damaged copies of files.

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/error.h"
#include "tools/io/byte_cursor.h"
#include "tools/io/files.h"

namespace palimpsest::tools::testing {

inline std::filesystem::path fixture(std::string_view name) {
  return std::filesystem::path(PALIMPSEST_SOURCE_DIR) / "tests/tools/fixtures" / name;
}

/// A folder that is removed with all its content.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "palimpsest-XXXXXX").native();
    if (!::mkdtemp(name.data())) throw IoError("cannot make " + name);
    path_ = name;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// While it lives, an environment variable has another value, or none.
class Variable {
 public:
  Variable(const char* name, const std::optional<std::string>& value) : name_(name) {
    if (const char* before = ::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_); }
  Variable(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) const {
    if (value)
      ::setenv(name_, value->c_str(), 1);
    else
      ::unsetenv(name_);
  }

  const char* name_;
  std::optional<std::string> before_;
};

inline Bytes bytes_of(std::string_view text) {
  const ByteView view = byte_view(text);
  return {view.begin(), view.end()};
}

/// The bytes with some replaced at a position.
template <class T>
Bytes patched(Bytes bytes, std::size_t position, T value) {
  Bytes replacement;
  append(replacement, value);
  REQUIRE(position + replacement.size() <= bytes.size());
  std::copy(replacement.begin(), replacement.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(position));
  return bytes;
}

inline Bytes truncated(Bytes bytes, std::size_t size) {
  bytes.resize(size);
  return bytes;
}

/// The text of the InputError that `read` throws; empty when it throws nothing.
inline std::string input_error(const std::function<void()>& read) {
  try {
    read();
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

/// A damaged file and a part of the message that names the damage.
struct Damaged {
  std::string what;
  Bytes bytes;
  std::string message;
};

/// Each file must be refused by an InputError of one line that starts with the place and names
/// the damage: another message would mean that another check fired.
inline void check_all_refused(const std::vector<Damaged>& files,
                              const std::function<void(ByteView, std::string_view)>& read) {
  for (const Damaged& file : files) {
    CAPTURE(file.what);
    const std::string error = input_error([&] { read(file.bytes, "the-file"); });
    CAPTURE(error);
    CHECK(error.starts_with("the-file"));
    CHECK(error.find(file.message) != std::string::npos);
    CHECK(error.find('\n') == std::string::npos);
  }
}

/// Every proper prefix of a file must be refused by an InputError.
inline void check_prefixes_refused(const Bytes& file,
                                   const std::function<void(ByteView, std::string_view)>& read) {
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    const Bytes prefix = truncated(file, size);  // its own block: a sanitizer sees over-reads
    CHECK_FALSE(input_error([&] { read(prefix, "the-file"); }).empty());
  }
}

}  // namespace palimpsest::tools::testing
