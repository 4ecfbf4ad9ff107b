#pragma once
// Vectors of f32 for the convolutions' loops. Everything is inlined into one function per
// instruction set, which alone decides how it is compiled; so vectors are never passed by value.

#include <cstddef>
#include <cstring>

namespace palimpsest::cpu {

template <int Bytes>
struct Floats {
  using Vector [[gnu::vector_size(Bytes)]] = float;
  static constexpr std::ptrdiff_t width = Bytes / static_cast<int>(sizeof(float));
};

template <class Vector>
[[gnu::always_inline]] inline void load(Vector& to, const float* from) {
  std::memcpy(&to, from, sizeof(Vector));
}

template <class Vector>
[[gnu::always_inline]] inline void store(float* to, const Vector& from) {
  std::memcpy(to, &from, sizeof(Vector));
}

}  // namespace palimpsest::cpu
