#pragma once
// bfloat16: the upper half of an f32. Tensors are stored in it and products read it; nothing
// else computes with it.

#include <bit>
#include <cstdint>
#include <type_traits>

namespace palimpsest {

struct bfloat16 {
  std::uint16_t bits = 0;

  bfloat16() = default;
  /// Rounds to nearest, ties to even; NaN stays NaN.
  explicit bfloat16(float value) {
    const auto all = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (all + 0x7fff + (all >> 16 & 1)) >> 16;
    const bool is_nan = (all & 0x7fffffff) > 0x7f800000;
    bits = static_cast<std::uint16_t>(is_nan ? all >> 16 | 0x40 : rounded);
  }
  template <class T>
  requires std::is_arithmetic_v<T>
  explicit bfloat16(T value) : bfloat16(static_cast<float>(value)) {}

  explicit operator float() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }
  explicit operator double() const { return static_cast<double>(static_cast<float>(*this)); }
  explicit operator std::int64_t() const {
    return static_cast<std::int64_t>(static_cast<float>(*this));
  }
  explicit operator bool() const { return (bits & 0x7fff) != 0; }
};

}  // namespace palimpsest
