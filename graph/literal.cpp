#include "graph/literal.h"

#include <cstring>
#include <functional>
#include <string_view>

namespace palimpsest {
namespace {

template <class To, class From>
void convert(const From* from, To* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    if constexpr (std::is_same_v<To, bool>)
      to[i] = static_cast<bool>(from[i]);
    else
      to[i] = static_cast<To>(from[i]);
}

/// Calls f with a null pointer of the element type, so that it can deduce it.
template <class F>
void with_element(DType dtype, F f) {
  switch (dtype) {
    case DType::f32:
      return f(static_cast<const float*>(nullptr));
    case DType::f64:
      return f(static_cast<const double*>(nullptr));
    case DType::i64:
      return f(static_cast<const std::int64_t*>(nullptr));
    case DType::boolean:
      return f(static_cast<const bool*>(nullptr));
    case DType::bf16:
      return f(static_cast<const bfloat16*>(nullptr));
  }
}

template <class To>
void convert_from(const Literal& literal, To* to) {
  with_element(literal.dtype(), [&](auto tag) {
    using From = std::remove_cvref_t<decltype(*tag)>;
    convert(literal.values<From>().data(), to, literal.elements());
  });
}

}  // namespace

Literal::Literal() : Literal(filled(TensorType{}, 0)) {}

Literal Literal::filled(TensorType type, double value) {
  auto data = allocate(type);
  with_element(type.dtype, [&](auto tag) {
    using To = std::remove_cvref_t<decltype(*tag)>;
    To* to = reinterpret_cast<To*>(data.get());
    To element;
    convert(&value, &element, 1);
    std::fill_n(to, type.shape.elements(), element);
  });
  return Literal(std::move(type), std::move(data));
}

Literal Literal::copy_of(TensorType type, const std::byte* bytes) {
  auto data = allocate(type);
  if (type.bytes() > 0) std::memcpy(data.get(), bytes, type.bytes());
  return Literal(std::move(type), std::move(data));
}

std::shared_ptr<std::byte> Literal::allocate(const TensorType& type) {
  constexpr std::align_val_t alignment{64};
  const std::size_t size = std::max<std::size_t>(type.bytes(), 1);
  auto* bytes = static_cast<std::byte*>(::operator new(size, alignment));
  return {bytes, [](std::byte* p) { ::operator delete(p, alignment); }};
}

Literal Literal::converted(DType dtype) const {
  if (dtype == type_.dtype) return *this;
  TensorType type{dtype, type_.shape};
  auto data = allocate(type);
  with_element(dtype, [&](auto tag) {
    using To = std::remove_cvref_t<decltype(*tag)>;
    convert_from(*this, reinterpret_cast<To*>(data.get()));
  });
  return Literal(std::move(type), std::move(data));
}

Literal Literal::reshaped(Shape shape) const {
  if (shape.elements() != elements())
    throw ShapeError(
        text("literal: ", elements(), " elements of ", type_, " cannot become ", shape));
  return Literal(TensorType{type_.dtype, std::move(shape)}, data_);
}

std::vector<std::int64_t> Literal::integers() const {
  if (is_float(type_.dtype)) throw ShapeError(text("literal: integers expected, ", type_, " came"));
  std::vector<std::int64_t> out(static_cast<std::size_t>(elements()));
  convert_from(*this, out.data());
  return out;
}

std::vector<double> Literal::doubles() const {
  std::vector<double> out(static_cast<std::size_t>(elements()));
  convert_from(*this, out.data());
  return out;
}

bool Literal::operator==(const Literal& other) const {
  if (!(type_ == other.type_)) return false;
  return data_ == other.data_ || std::memcmp(bytes(), other.bytes(), type_.bytes()) == 0;
}

std::size_t Literal::hash() const {
  // Large constants are told apart well enough by their head; equality reads all bytes.
  const std::size_t head = std::min<std::size_t>(type_.bytes(), 256);
  const std::string_view view(reinterpret_cast<const char*>(bytes()), head);
  return std::hash<std::string_view>{}(view) ^ (static_cast<std::size_t>(elements()) << 1);
}

}  // namespace palimpsest
