#include "tools/io/element.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "graph/error.h"

namespace palimpsest::tools {
namespace {

/// IEEE half to float, exact: 1 sign, 5 exponent, 10 fraction bits.
float from_half(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1F;
  const auto fraction = static_cast<float>(half & 0x3FF);
  float magnitude;
  if (exponent == 0x1F)
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  else if (exponent == 0)
    magnitude = std::ldexp(fraction, -24);
  else
    magnitude = std::ldexp(fraction + 1024.0f, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

template <class Raw>
Raw load(const std::byte* bytes, std::endian order) {
  std::array<std::byte, sizeof(Raw)> buffer;
  std::memcpy(buffer.data(), bytes, sizeof(Raw));
  if (order != std::endian::native) std::ranges::reverse(buffer);
  return std::bit_cast<Raw>(buffer);
}

/// Loads each element as Raw and stores convert(raw) as To.
template <class Raw, class To, class Convert>
Literal decode_as(const StoredTensor& stored, ByteView bytes, Convert convert) {
  TensorType type{dtype_of<To>, stored.shape};
  auto data = Literal::allocate(type);
  To* to = reinterpret_cast<To*>(data.get());
  const auto count = static_cast<std::size_t>(stored.shape.elements());
  for (std::size_t i = 0; i < count; ++i)
    to[i] = convert(load<Raw>(bytes.data() + i * sizeof(Raw), stored.order));
  return Literal(std::move(type), std::move(data));
}

template <class Raw>
Literal decode_integers(const StoredTensor& stored, ByteView bytes) {
  return decode_as<Raw, std::int64_t>(stored, bytes,
                                      [](Raw raw) { return static_cast<std::int64_t>(raw); });
}

Literal decode_u64(const StoredTensor& stored, ByteView bytes, std::string_view place) {
  return decode_as<std::uint64_t, std::int64_t>(stored, bytes, [&](std::uint64_t raw) {
    if (raw > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      throw InputError(text(place, ": unsigned integers below 2^63 expected, ", raw, " came"));
    return static_cast<std::int64_t>(raw);
  });
}

}  // namespace

std::size_t size_of(Element element) {
  switch (element) {
    case Element::i8:
    case Element::u8:
    case Element::boolean:
      return 1;
    case Element::f16:
    case Element::bf16:
    case Element::i16:
    case Element::u16:
      return 2;
    case Element::f32:
    case Element::i32:
    case Element::u32:
      return 4;
    case Element::f64:
    case Element::i64:
    case Element::u64:
      return 8;
  }
  return 0;
}

DType language_dtype(Element element) {
  switch (element) {
    case Element::f16:
    case Element::bf16:
    case Element::f32:
      return DType::f32;
    case Element::f64:
      return DType::f64;
    case Element::boolean:
      return DType::boolean;
    default:
      return DType::i64;
  }
}

std::uint64_t StoredTensor::stored_bytes() const {
  // Shape bounds the count by 2^48, so the product fits.
  return static_cast<std::uint64_t>(shape.elements()) * size_of(element);
}

Shape checked_shape(std::vector<std::int64_t> extents, std::string_view place) {
  try {
    return Shape(std::move(extents));
  } catch (const ShapeError& error) {
    throw InputError(text(place, ": ", error.what()));
  }
}

Literal decode(const StoredTensor& stored, ByteView bytes, std::string_view place) {
  if (bytes.size() != stored.stored_bytes())
    throw InputError(text(place, ": ", stored.stored_bytes(), " bytes expected for shape ",
                          stored.shape, ", ", bytes.size(), " came"));
  const auto identity = [](auto raw) { return raw; };
  switch (stored.element) {
    case Element::f16:
      return decode_as<std::uint16_t, float>(stored, bytes, from_half);
    case Element::bf16:
      return decode_as<std::uint16_t, float>(stored, bytes, from_bfloat);
    case Element::f32:
      return decode_as<float, float>(stored, bytes, identity);
    case Element::f64:
      return decode_as<double, double>(stored, bytes, identity);
    case Element::i8:
      return decode_integers<std::int8_t>(stored, bytes);
    case Element::i16:
      return decode_integers<std::int16_t>(stored, bytes);
    case Element::i32:
      return decode_integers<std::int32_t>(stored, bytes);
    case Element::i64:
      return decode_integers<std::int64_t>(stored, bytes);
    case Element::u8:
      return decode_integers<std::uint8_t>(stored, bytes);
    case Element::u16:
      return decode_integers<std::uint16_t>(stored, bytes);
    case Element::u32:
      return decode_integers<std::uint32_t>(stored, bytes);
    case Element::u64:
      return decode_u64(stored, bytes, place);
    case Element::boolean:  // any byte but 0 is true: a bool that holds 2 is undefined behaviour
      return decode_as<std::uint8_t, bool>(stored, bytes,
                                           [](std::uint8_t raw) { return raw != 0; });
  }
  throw InputError(text(place, ": unknown element type"));
}

}  // namespace palimpsest::tools
