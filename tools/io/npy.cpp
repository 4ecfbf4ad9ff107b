#include "tools/io/npy.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "graph/error.h"
#include "tools/io/byte_cursor.h"

namespace palimpsest::tools {
namespace {

/// Row-major copy of column-major elements of the same shape.
Literal row_major(const Literal& column_major, const Shape& shape) {
  const std::size_t element = size_of(column_major.dtype());
  const auto rank = static_cast<std::size_t>(shape.rank());
  std::vector<std::int64_t> strides(rank, 1);  // column-major: the first axis is the fastest
  for (std::size_t axis = 1; axis < rank; ++axis)
    strides[axis] = strides[axis - 1] * shape.extents()[axis - 1];
  auto data = Literal::allocate(TensorType{column_major.dtype(), shape});
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t source = 0;
  for (std::int64_t i = 0; i < shape.elements(); ++i) {
    std::memcpy(data.get() + static_cast<std::size_t>(i) * element,
                column_major.bytes() + static_cast<std::size_t>(source) * element, element);
    for (std::size_t axis = rank; axis-- > 0;) {
      source += strides[axis];
      if (++index[axis] < shape.extents()[axis]) break;
      source -= strides[axis] * index[axis];
      index[axis] = 0;
    }
  }
  return Literal(TensorType{column_major.dtype(), shape}, std::move(data));
}

std::string_view descr_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "<f4";
    case DType::f64:
      return "<f8";
    case DType::i64:
      return "<i8";
    case DType::boolean:
      return "|b1";
    case DType::bf16:
      break;  // numpy has none; programs never hand it out
  }
  throw std::logic_error("npy: bf16 is never written");
}

}  // namespace

Literal parse_npy(ByteView file, std::string_view place) {
  const NpyHeader header = parse_npy_header(file, place);
  if (file.size() != header.file_bytes())
    throw InputError(text(place, ": ", header.file_bytes(), " bytes expected for ",
                          header.stored.shape, ", ", file.size(), " came"));
  Literal literal = decode(header.stored, file.subspan(header.data_offset), place);
  const bool transpose = header.fortran_order && header.stored.shape.rank() > 1;
  return transpose ? row_major(literal, header.stored.shape) : literal;
}

Bytes npy_bytes(const Literal& literal) {
  std::ostringstream header;
  header << "{'descr': '" << descr_of(literal.dtype()) << "', 'fortran_order': False, 'shape': (";
  const Shape& shape = literal.shape();
  for (int axis = 0; axis < shape.rank(); ++axis) header << (axis > 0 ? ", " : "") << shape[axis];
  header << (shape.rank() == 1 ? ",), }" : "), }");
  std::string text = header.str();
  constexpr std::size_t prefix = 10;  // magic, version and length; data starts at a multiple of 64
  const std::size_t padded = (prefix + text.size() + 1 + 63) / 64 * 64 - prefix;
  text.resize(padded - 1, ' ');
  text += '\n';

  Bytes out;
  out.reserve(prefix + padded + literal.type().bytes());
  append(out, std::string_view("\x93NUMPY\x01\x00", 8));
  append(out, static_cast<std::uint16_t>(padded));
  append(out, text);
  append(out, ByteView(literal.bytes(), literal.type().bytes()));
  return out;
}

}  // namespace palimpsest::tools
