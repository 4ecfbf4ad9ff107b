#pragma once
// From a runtime dtype to a C++ element type.

#include "graph/error.h"
#include "graph/tensor_type.h"

namespace palimpsest::runtime {

template <class T>
struct Tag {
  using type = T;
};

/// f(Tag<float>{}) or f(Tag<double>{}). Throws UnsupportedError naming `what` for other dtypes.
template <class F>
auto with_float(DType dtype, std::string_view what, F f) {
  if (dtype == DType::f32) return f(Tag<float>{});
  if (dtype == DType::f64) return f(Tag<double>{});
  throw UnsupportedError(text(what, ": f32 or f64 expected, ", dtype, " came"));
}

/// Also i64.
template <class F>
auto with_number(DType dtype, std::string_view what, F f) {
  if (dtype == DType::i64) return f(Tag<std::int64_t>{});
  return with_float(dtype, what, f);
}

/// Also bool.
template <class F>
auto with_any(DType dtype, std::string_view what, F f) {
  if (dtype == DType::boolean) return f(Tag<bool>{});
  return with_number(dtype, what, f);
}

/// Also bf16, which can only be stored and converted.
template <class F>
auto with_stored(DType dtype, std::string_view what, F f) {
  if (dtype == DType::bf16) return f(Tag<bfloat16>{});
  return with_any(dtype, what, f);
}

}  // namespace palimpsest::runtime
