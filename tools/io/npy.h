#pragma once
// NumPy's .npy format, versions 1 to 3: a header that is a Python literal, then raw elements.
// The header is read by a fixed grammar; nothing of it is evaluated.

#include <string_view>

#include "tools/io/element.h"

namespace palimpsest::tools {

/// What a .npy header declares.
struct NpyHeader {
  StoredTensor stored;
  bool fortran_order = false;     ///< elements are column-major
  std::uint64_t data_offset = 0;  ///< of the first element in the file

  std::uint64_t file_bytes() const { return data_offset + stored.stored_bytes(); }
};

/// The most bytes a header may take: magic, version, length and 10,000 characters.
inline constexpr std::uint64_t npy_max_header_bytes = 10'012;

/// Reads the header from the head of a file. Accepts f2 f4 f8, i1..i8, u1..u8, b1 of either byte
/// order. Throws InputError (starting with `place`) for anything else: objects (they would need
/// pickle), strings, dates and structured types by name.
NpyHeader parse_npy_header(ByteView head, std::string_view place);

/// A whole .npy file: f2 becomes f32, integers i64, Fortran order is transposed to row-major.
/// Throws InputError unless the file is exactly as long as its header says.
Literal parse_npy(ByteView file, std::string_view place);

/// A version 1.0 file, little-endian and row-major, that NumPy reads.
Bytes npy_bytes(const Literal& literal);

}  // namespace palimpsest::tools
