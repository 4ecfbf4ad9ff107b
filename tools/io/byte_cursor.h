#pragma once
// A bounds-checked little-endian cursor over a file in memory. Every reader of a binary format
// goes through it, so that no offset or length of a file is trusted anywhere else.

#include <bit>
#include <concepts>
#include <cstring>
#include <string>
#include <string_view>

#include "graph/error.h"
#include "tools/io/files.h"

namespace palimpsest::tools {

class ByteCursor {
 public:
  /// `source` names the file in errors.
  ByteCursor(ByteView bytes, std::string source) : bytes_(bytes), source_(std::move(source)) {}

  std::uint64_t position() const { return position_; }
  std::uint64_t remaining() const { return bytes_.size() - position_; }

  /// Moves to a position. Throws InputError beyond the end.
  void seek(std::uint64_t position, std::string_view what) {
    if (position > bytes_.size())
      throw InputError(text(source_, ": ", what, ": a position within ", bytes_.size(),
                            " bytes expected, ", position, " came"));
    position_ = position;
  }

  /// The next `count` bytes. Throws InputError when fewer remain.
  ByteView take(std::uint64_t count, std::string_view what) {
    if (count > remaining())
      throw InputError(text(source_, ": ", what, " at byte ", position_, ": ", count,
                            " bytes expected, ", remaining(), " remain"));
    const ByteView taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }

  template <std::unsigned_integral T>
  T read(std::string_view what) {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }

 private:
  ByteView bytes_;
  std::string source_;
  std::uint64_t position_ = 0;
};

/// Appending: the writing half of ByteCursor; integers are little-endian.
inline void append(Bytes& out, ByteView bytes) {
  const std::size_t size = out.size();
  out.resize(size + bytes.size());
  if (!bytes.empty()) std::memcpy(out.data() + size, bytes.data(), bytes.size());
}
inline void append(Bytes& out, std::string_view characters) { append(out, byte_view(characters)); }
template <std::unsigned_integral T>
void append(Bytes& out, T value) {
  append(out, ByteView(reinterpret_cast<const std::byte*>(&value), sizeof(T)));
}

}  // namespace palimpsest::tools
