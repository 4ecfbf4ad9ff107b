#pragma once
// The element types that tensor files hold and their conversion to the four of the language:
// f16 and bf16 become f32, all integers i64.

#include <bit>
#include <optional>
#include <string_view>

#include "graph/literal.h"
#include "tools/io/files.h"

namespace palimpsest::tools {

enum class Element : std::uint8_t {
  f16,
  bf16,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  u8,
  u16,
  u32,
  u64,
  boolean
};

/// Bytes of one element in a file.
std::size_t size_of(Element element);
/// The dtype that it is read into.
DType language_dtype(Element element);

/// Row-major elements of a file.
struct StoredTensor {
  Element element = Element::f32;
  std::endian order = std::endian::little;
  Shape shape;

  std::uint64_t stored_bytes() const;
  std::uint64_t decoded_bytes() const { return TensorType{language_dtype(element), shape}.bytes(); }
};

/// The shape, or InputError that starts with `place` where Shape would throw ShapeError.
Shape checked_shape(std::vector<std::int64_t> extents, std::string_view place);

/// Converts the elements. `bytes` must be exactly stored.stored_bytes() long. Throws InputError
/// otherwise and for a u64 beyond the range of i64.
Literal decode(const StoredTensor& stored, ByteView bytes, std::string_view place);

}  // namespace palimpsest::tools
