#include "graph/tensor_type.h"

#include <algorithm>
#include <ostream>

#include "graph/error.h"

namespace palimpsest {
namespace {

constexpr std::int64_t max_extent = std::int64_t{1} << 40;
constexpr std::int64_t max_elements = std::int64_t{1} << 48;

std::int64_t checked_elements(std::span<const std::int64_t> extents) {
  if (extents.size() > Shape::max_rank)
    throw ShapeError(
        text("shape: rank at most ", Shape::max_rank, " expected, ", extents.size(), " came"));
  std::int64_t elements = 1;
  bool empty = false;
  for (const std::int64_t extent : extents) {
    if (extent < 0 || extent > max_extent)
      throw ShapeError(text("shape: extents in [0, 2^40] expected, ", extent, " came"));
    if (extent == 0) {
      empty = true;
      continue;
    }
    if (elements > max_elements / extent)
      throw ShapeError(text("shape: more than 2^48 elements at extent ", extent));
    elements *= extent;
  }
  return empty ? 0 : elements;
}

}  // namespace

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 4;
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::boolean:
      return 1;
    case DType::bf16:
      return 2;
  }
  return 0;
}

std::string_view name_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "f32";
    case DType::f64:
      return "f64";
    case DType::i64:
      return "i64";
    case DType::boolean:
      return "bool";
    case DType::bf16:
      return "bf16";
  }
  return "?";
}

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name_of(dtype); }

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : Shape(std::vector<std::int64_t>(extents)) {}

Shape::Shape(std::vector<std::int64_t> extents)
    : extents_(std::move(extents)), elements_(checked_elements(extents_)) {}

Shape::Shape(std::span<const std::int64_t> extents)
    : Shape(std::vector<std::int64_t>(extents.begin(), extents.end())) {}

Shape Shape::with(int axis, std::int64_t extent) const {
  std::vector<std::int64_t> changed = extents_;
  changed[index(axis)] = extent;
  return Shape(std::move(changed));
}

std::vector<std::int64_t> Shape::strides() const {
  std::vector<std::int64_t> strides(extents_.size(), 1);
  for (std::size_t axis = extents_.size(); axis-- > 1;)
    strides[axis - 1] = strides[axis] * extents_[axis];
  return strides;
}

std::size_t Shape::index(int axis) const {
  const int positive = axis < 0 ? axis + rank() : axis;
  if (positive < 0 || positive >= rank())
    throw ShapeError(text("shape: axis in [", -rank(), ", ", rank(), ") expected for ", *this, ", ",
                          axis, " came"));
  return static_cast<std::size_t>(positive);
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '[';
  for (int axis = 0; axis < shape.rank(); ++axis) out << (axis ? "," : "") << shape[axis];
  return out << ']';
}

Shape ones_shape(int rank) {
  return Shape(std::vector<std::int64_t>(static_cast<std::size_t>(rank), 1));
}

std::size_t TensorType::bytes() const {
  return static_cast<std::size_t>(shape.elements()) * size_of(dtype);
}

std::ostream& operator<<(std::ostream& out, const TensorType& type) {
  return out << type.dtype << type.shape;
}

}  // namespace palimpsest
