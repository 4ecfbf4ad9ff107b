#include "onnx_import/tensor.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "graph/error.h"
#include "onnx_import/wire.pb.h"

namespace palimpsest::onnx_import {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX stores little endian");

struct ElementInfo {
  ElementType type;
  std::string_view name;
  std::size_t size;  ///< bytes in the file
  DType dtype;
};

constexpr std::array elements{
    ElementInfo{ElementType::f32, "float", 4, DType::f32},
    ElementInfo{ElementType::f64, "double", 8, DType::f64},
    ElementInfo{ElementType::f16, "float16", 2, DType::f32},
    ElementInfo{ElementType::bf16, "bfloat16", 2, DType::f32},
    ElementInfo{ElementType::i64, "int64", 8, DType::i64},
    ElementInfo{ElementType::i32, "int32", 4, DType::i64},
    ElementInfo{ElementType::i16, "int16", 2, DType::i64},
    ElementInfo{ElementType::i8, "int8", 1, DType::i64},
    ElementInfo{ElementType::u64, "uint64", 8, DType::i64},
    ElementInfo{ElementType::u32, "uint32", 4, DType::i64},
    ElementInfo{ElementType::u16, "uint16", 2, DType::i64},
    ElementInfo{ElementType::u8, "uint8", 1, DType::i64},
    ElementInfo{ElementType::boolean, "bool", 1, DType::boolean},
};

constexpr std::array<std::string_view, 29> all_names{
    "undefined",      "float",      "uint8",          "int8",       "uint16",    "int16",
    "int32",          "int64",      "string",         "bool",       "float16",   "double",
    "uint32",         "uint64",     "complex64",      "complex128", "bfloat16",  "float8e4m3fn",
    "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4",      "int4",      "float4e2m1",
    "float8e8m0",     "uint2",      "int2",           "float6e2m3", "float6e3m2"};

const ElementInfo& info_of(std::int32_t element_type, std::string_view where) {
  for (const ElementInfo& info : elements)
    if (static_cast<std::int32_t>(info.type) == element_type) return info;
  if (element_type <= 0 || element_type >= static_cast<std::int32_t>(all_names.size()))
    throw ImportError(text(where, ": unknown element type ", element_type));
  throw UnsupportedError(text(where, ": elements of type ",
                              all_names[static_cast<std::size_t>(element_type)],
                              " are not supported"));
}

float float_from_half(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fU;
  const std::uint32_t mantissa = bits & 0x3ffU;
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24 is exact in f32
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
    return sign ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | (wide << 23) | (mantissa << 13));
}

float float_from_bfloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Fills `to` with f(from[i]); `from` may be unaligned.
template <class From, class To, class F>
void convert(const std::byte* from, std::byte* to, std::size_t count, F f) {
  auto* target = reinterpret_cast<To*>(to);
  for (std::size_t i = 0; i < count; ++i) {
    From element;
    std::memcpy(&element, from + i * sizeof(From), sizeof(From));
    target[i] = f(element);
  }
}

template <class From>
void widen(const std::byte* from, std::byte* to, std::size_t count) {
  convert<From, std::int64_t>(from, to, count, [](From x) { return static_cast<std::int64_t>(x); });
}

/// Elements as the file lays them out, to elements as the language does.
void convert_elements(ElementType type, const std::byte* from, std::byte* to, std::size_t count) {
  switch (type) {
    case ElementType::f32:
      return convert<float, float>(from, to, count, [](float x) { return x; });
    case ElementType::f64:
      return convert<double, double>(from, to, count, [](double x) { return x; });
    case ElementType::f16:
      return convert<std::uint16_t, float>(from, to, count, float_from_half);
    case ElementType::bf16:
      return convert<std::uint16_t, float>(from, to, count, float_from_bfloat);
    case ElementType::boolean:
      return convert<std::uint8_t, bool>(from, to, count, [](std::uint8_t x) { return x != 0; });
    case ElementType::i64:
    case ElementType::u64:
      return widen<std::int64_t>(from, to, count);
    case ElementType::i32:
      return widen<std::int32_t>(from, to, count);
    case ElementType::i16:
      return widen<std::int16_t>(from, to, count);
    case ElementType::i8:
      return widen<std::int8_t>(from, to, count);
    case ElementType::u32:
      return widen<std::uint32_t>(from, to, count);
    case ElementType::u16:
      return widen<std::uint16_t>(from, to, count);
    case ElementType::u8:
      return widen<std::uint8_t>(from, to, count);
  }
}

/// The typed field that ONNX prescribes for an element type, narrowed to the raw layout.
std::vector<std::byte> typed_elements(const wire::Tensor& tensor, const ElementInfo& info,
                                      std::size_t count, std::string_view where) {
  std::vector<std::byte> raw;
  const auto take = [&](const auto& field) {
    if (static_cast<std::size_t>(field.size()) != count)
      throw ImportError(text(where, ": ", count, " elements expected, ", field.size(), " came"));
    raw.resize(count * info.size);
    for (std::size_t i = 0; i < count; ++i)  // little endian: the low bytes come first
      std::memcpy(raw.data() + i * info.size, field.data() + i, info.size);
  };
  switch (info.type) {
    case ElementType::f32:
      take(tensor.float_data());
      break;
    case ElementType::f64:
      take(tensor.double_data());
      break;
    case ElementType::i64:
      take(tensor.int64_data());
      break;
    case ElementType::u32:
    case ElementType::u64:
      take(tensor.uint64_data());
      break;
    default:
      take(tensor.int32_data());
  }
  return raw;
}

Shape shape_of(const wire::Tensor& tensor, std::string_view where) {
  try {
    return Shape(std::vector<std::int64_t>(tensor.dims().begin(), tensor.dims().end()));
  } catch (const ShapeError& error) {
    throw ImportError(text(where, ": ", error.what()));
  }
}

std::size_t typed_count(const wire::Tensor& tensor) {
  return static_cast<std::size_t>(tensor.float_data_size()) +
         static_cast<std::size_t>(tensor.double_data_size()) +
         static_cast<std::size_t>(tensor.int32_data_size()) +
         static_cast<std::size_t>(tensor.int64_data_size()) +
         static_cast<std::size_t>(tensor.uint64_data_size());
}

void refuse_large_unsigned(const Literal& literal, std::string_view where) {
  for (const std::int64_t value : literal.values<std::int64_t>())
    if (value < 0) throw UnsupportedError(text(where, ": a uint64 beyond 2^63 - 1"));
}

}  // namespace

DType dtype_of_element(std::int32_t element_type, std::string_view where) {
  return info_of(element_type, where).dtype;
}

Literal TensorReader::read(const wire::Tensor& tensor, std::string_view where) {
  const ElementInfo& info = info_of(tensor.data_type(), where);
  const TensorType type{info.dtype, shape_of(tensor, where)};
  if (type.bytes() > budget_)
    throw ResourceError(
        text(where, ": ", type, " exceeds what is left for tensors, ", budget_, " bytes"));
  Literal literal = literal_from(tensor, type, where);
  budget_ -= type.bytes();
  if (info.type == ElementType::u64) refuse_large_unsigned(literal, where);
  return literal;
}

Literal TensorReader::literal_from(const wire::Tensor& tensor, const TensorType& type,
                                   std::string_view where) {
  const ElementInfo& info = info_of(tensor.data_type(), where);
  const auto count = static_cast<std::size_t>(type.shape.elements());
  const std::size_t stored = count * info.size;
  const bool external = tensor.data_location() == 1;
  const bool raw = !external && tensor.has_raw_data();
  if ((external || raw) && typed_count(tensor) > 0)
    throw ImportError(text(where, ": data in more than one field"));
  if (raw && tensor.raw_data().size() != stored)
    throw ImportError(text(where, ": ", stored, " bytes expected for ", info.name, type.shape, ", ",
                           tensor.raw_data().size(), " came"));
  std::vector<std::byte> owned;
  if (!raw)
    owned = external ? external_.read(tensor, stored, where)
                     : typed_elements(tensor, info, count, where);
  const std::byte* bytes =
      raw ? reinterpret_cast<const std::byte*>(tensor.raw_data().data()) : owned.data();
  const auto target = Literal::allocate(type);
  convert_elements(info.type, bytes, target.get(), count);
  return Literal(type, target);
}

}  // namespace palimpsest::onnx_import
