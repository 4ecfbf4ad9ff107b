#include "ops/pointwise/cpu_loops.h"

#include "ops/all.h"
#include "ops/pointwise/cpu_math.h"
#include "runtime/cpu/dispatch.h"
#include "runtime/cpu/widest.h"

namespace palimpsest {
namespace {

using namespace runtime;

/// The type in which T is computed: i64 wraps around, which only unsigned numbers may do.
template <class T>
using Wrapping = std::conditional_t<std::is_same_v<T, std::int64_t>, std::uint64_t, T>;

template <class P>
inline constexpr bool wraps = std::is_same_v<P, Neg> || std::is_same_v<P, Add> ||
                              std::is_same_v<P, Sub> || std::is_same_v<P, Mul>;

template <class P, class T>
using Element = std::conditional_t<wraps<P>, Wrapping<T>, T>;

template <class T>
const T* elements(const std::byte* bytes) {
  return reinterpret_cast<const T*>(bytes);
}

template <class P, class T>
concept HasVectorMath = std::same_as<T, float> && requires(T x) {
  cpu::vectorised(P{}, x);
};

/// P of one element, by vectorisable arithmetic where there is some.
template <class P, class T>
[[gnu::always_inline]] inline auto evaluated(T x) {
  if constexpr (HasVectorMath<P, T>)
    return cpu::vectorised(P{}, x);
  else
    return P::template apply<T>(x);
}

template <class P, class In, class Out>
[[gnu::always_inline]] inline void unary_loop(const std::byte* const* operands, std::byte* result,
                                              std::int64_t count) {
  const In* x = elements<In>(operands[0]);
  Out* y = reinterpret_cast<Out*>(result);
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] = evaluated<P>(x[i]);
}

template <class P, class In, class Out>
[[gnu::always_inline]] inline void binary_loop(const std::byte* const* operands, std::byte* result,
                                               std::int64_t count) {
  const In* a = elements<In>(operands[0]);
  const In* b = elements<In>(operands[1]);
  Out* y = reinterpret_cast<Out*>(result);
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] = P::template apply<In>(a[i], b[i]);
}

/// Booleans as the bytes 0 and 1 that they are: compilers make vectors of numbers only.
inline const std::uint8_t* bytes_of(const std::byte* booleans) {
  return reinterpret_cast<const std::uint8_t*>(booleans);
}

/// By masks, since a branch on data such as signs is mispredicted half of the time.
template <class T>
[[gnu::always_inline]] inline void select_loop(const std::byte* const* operands, std::byte* result,
                                               std::int64_t count) {
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t,
                                  std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint8_t>>;
  static_assert(sizeof(Bits) == sizeof(T));
  const std::uint8_t* condition = bytes_of(operands[0]);
  const Bits* a = elements<Bits>(operands[1]);
  const Bits* b = elements<Bits>(operands[2]);
  Bits* y = reinterpret_cast<Bits*>(result);
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) {
    const auto mask = static_cast<Bits>(-static_cast<Bits>(condition[i]));
    y[i] = static_cast<Bits>((a[i] & mask) | (b[i] & ~mask));
  }
}

template <class From, class To>
[[gnu::always_inline]] inline void cast_loop(const std::byte* const* operands, std::byte* result,
                                             std::int64_t count) {
  using Stored = std::conditional_t<std::is_same_v<From, bool>, std::uint8_t, From>;
  const Stored* x = elements<Stored>(operands[0]);
  To* y = reinterpret_cast<To*>(result);
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] = Cast::apply<To, Stored>(x[i]);
}

// ---- the loop for the dtypes of a node, by base of the primitive ----

template <class P>
concept FloatTest = std::same_as<P, IsNan> || std::same_as<P, IsInf>;
template <class P>
concept Shift = std::same_as<P, ShiftLeft> || std::same_as<P, ShiftRight>;

template <class P>
ElementLoop choose(DType in, DType) {
  const auto same = [](auto tag) -> ElementLoop {
    using T = Element<P, typename decltype(tag)::type>;
    if constexpr (requires(T x) { P::template apply<T>(x, x); })
      return widest<binary_loop<P, T, T>>();
    else
      return widest<unary_loop<P, T, T>>();
  };
  if constexpr (std::derived_from<P, FloatUnary>)
    return with_float(in, P::name, same);
  else if constexpr (Shift<P>)
    return same(Tag<std::int64_t>{});
  else if constexpr (std::derived_from<P, BitBinary> || std::same_as<P, Not>)
    return in == DType::boolean ? same(Tag<bool>{}) : same(Tag<std::int64_t>{});
  else
    return with_number(in, P::name, same);
}

template <FloatTest P>
ElementLoop choose(DType in, DType) {
  return with_float(in, P::name, [](auto tag) -> ElementLoop {
    return widest<unary_loop<P, typename decltype(tag)::type, bool>>();
  });
}

template <std::derived_from<Comparison> P>
ElementLoop choose(DType in, DType) {
  return with_any(in, P::name, [](auto tag) -> ElementLoop {
    return widest<binary_loop<P, typename decltype(tag)::type, bool>>();
  });
}

template <std::same_as<Select> P>
ElementLoop choose(DType, DType out) {
  return with_any(out, P::name, [](auto tag) -> ElementLoop {
    return widest<select_loop<typename decltype(tag)::type>>();
  });
}

template <std::same_as<Cast> P>
ElementLoop choose(DType in, DType out) {
  return with_stored(in, P::name, [out](auto from) {
    return with_stored(out, P::name, [](auto to) -> ElementLoop {
      return widest<cast_loop<typename decltype(from)::type, typename decltype(to)::type>>();
    });
  });
}

template <class P>
concept HasLoop = std::derived_from<P, FloatUnary> || std::derived_from<P, NumericUnary> ||
    std::derived_from<P, NumericBinary> || std::derived_from<P, Comparison> ||
    std::derived_from<P, BitBinary> || std::same_as<P, Not> || FloatTest<P> ||
    std::same_as<P, Select> || std::same_as<P, Cast>;

}  // namespace

ElementLoop element_loop(const Op& op, Types in, DType out) {
  ElementLoop loop = nullptr;
  AllPrimitives::for_each([&]<class P>() {
    if constexpr (HasLoop<P>)
      if (op.as<P>()) loop = choose<P>(in.back().dtype, out);
  });
  if (!loop) throw UnsupportedError(text("'", op.name(), "' is no loop over elements"));
  return loop;
}

}  // namespace palimpsest
