// Elementwise kernels. The result may lie on an operand: every loop reads element i before
// it writes element i and touches no other, which is also what `omp simd` asserts.

#include <limits>

#include "ops/cpu_kernels.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"
#include "runtime/cpu/dispatch.h"
#include "runtime/cpu/parallel.h"

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

/// y[i] = f(x[i]).
template <class In, class Out, class F>
std::unique_ptr<Kernel> unary_kernel(std::int64_t count, F f) {
  return make_kernel([=](const Launch& launch) {
    const In* x = launch.input<In>(0);
    Out* y = launch.result<Out>();
    parallel_for(count, pointwise_grain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
    });
  });
}

/// y[i] = f(a[i], b[i]).
template <class In, class Out, class F>
std::unique_ptr<Kernel> binary_kernel(std::int64_t count, F f) {
  return make_kernel([=](const Launch& launch) {
    const In* a = launch.input<In>(0);
    const In* b = launch.input<In>(1);
    Out* y = launch.result<Out>();
    parallel_for(count, pointwise_grain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) y[i] = f(a[i], b[i]);
    });
  });
}

template <class P>
std::unique_ptr<Kernel> prepare_float_unary(const KernelRequest& request) {
  return with_float(request.output.dtype, P::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return unary_kernel<T, T>(request.output.shape.elements(),
                              [](T x) { return P::template apply<T>(x); });
  });
}

template <class P>
std::unique_ptr<Kernel> prepare_numeric_unary(const KernelRequest& request) {
  return with_number(request.output.dtype, P::name, [&](auto tag) {
    using T = Element<P, typename decltype(tag)::type>;
    return unary_kernel<T, T>(request.output.shape.elements(),
                              [](T x) { return P::template apply<T>(x); });
  });
}

/// IsNan and IsInf.
template <class P>
std::unique_ptr<Kernel> prepare_float_test(const KernelRequest& request) {
  return with_float(request.inputs[0].dtype, P::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return unary_kernel<T, bool>(request.output.shape.elements(),
                                 [](T x) { return P::template apply<T>(x); });
  });
}

template <class P>
std::unique_ptr<Kernel> prepare_numeric_binary(const KernelRequest& request) {
  return with_number(request.output.dtype, P::name, [&](auto tag) {
    using T = Element<P, typename decltype(tag)::type>;
    return binary_kernel<T, T>(request.output.shape.elements(),
                               [](T a, T b) { return P::template apply<T>(a, b); });
  });
}

template <class P>
std::unique_ptr<Kernel> prepare_comparison(const KernelRequest& request) {
  return with_any(request.inputs[0].dtype, P::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return binary_kernel<T, bool>(request.output.shape.elements(),
                                  [](T a, T b) { return P::template apply<T>(a, b); });
  });
}

/// f(Tag<bool>{}) or f(Tag<std::int64_t>{}).
template <class F>
auto with_bits(DType dtype, F f) {
  return dtype == DType::boolean ? f(Tag<bool>{}) : f(Tag<std::int64_t>{});
}

template <class P>
std::unique_ptr<Kernel> prepare_bit_binary(const KernelRequest& request) {
  return with_bits(request.output.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return binary_kernel<T, T>(request.output.shape.elements(),
                               [](T a, T b) { return P::template apply<T>(a, b); });
  });
}

template <class P>
std::unique_ptr<Kernel> prepare_shift(const KernelRequest& request) {
  using T = std::int64_t;
  return binary_kernel<T, T>(request.output.shape.elements(),
                             [](T a, T b) { return P::template apply<T>(a, b); });
}

std::unique_ptr<Kernel> prepare_not(const KernelRequest& request) {
  return with_bits(request.output.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return unary_kernel<T, T>(request.output.shape.elements(),
                              [](T x) { return Not::apply<T>(x); });
  });
}

// ---- integer division, which the processor would answer with a signal ----

void expect_quotients(std::string_view name, const std::int64_t* a, const std::int64_t* b,
                      std::int64_t count) {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  for (std::int64_t i = 0; i < count; ++i)
    if (b[i] == 0 || (b[i] == -1 && a[i] == lowest))
      throw NumericError(text(name, ": element ", i, ": ", a[i], " by ", b[i], " is no i64"));
}

/// Div and Fmod: as other binary primitives, behind a check of integers.
template <class P>
std::unique_ptr<Kernel> prepare_division(const KernelRequest& request) {
  if (request.output.dtype != DType::i64) return prepare_numeric_binary<P>(request);
  return make_kernel([count = request.output.shape.elements()](const Launch& launch) {
    const auto* a = launch.input<std::int64_t>(0);
    const auto* b = launch.input<std::int64_t>(1);
    auto* y = launch.result<std::int64_t>();
    expect_quotients(P::name, a, b, count);
    for (std::int64_t i = 0; i < count; ++i) y[i] = P::template apply<std::int64_t>(a[i], b[i]);
  });
}

// ---- select and cast ----

std::unique_ptr<Kernel> prepare_select(const KernelRequest& request) {
  return with_any(request.output.dtype, Select::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    return make_kernel([count = request.output.shape.elements()](const Launch& launch) {
      const bool* condition = launch.input<bool>(0);
      const T* a = launch.input<T>(1);
      const T* b = launch.input<T>(2);
      T* y = launch.result<T>();
      parallel_for(count, pointwise_grain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
        for (std::int64_t i = begin; i < end; ++i)
          y[i] = Select::apply<T>(condition[i], a[i], b[i]);
      });
    });
  });
}

std::unique_ptr<Kernel> prepare_cast(const KernelRequest& request) {
  return with_any(request.inputs[0].dtype, Cast::name, [&](auto from_tag) {
    return with_any(request.output.dtype, Cast::name, [&](auto to_tag) {
      using From = typename decltype(from_tag)::type;
      using To = typename decltype(to_tag)::type;
      return unary_kernel<From, To>(request.output.shape.elements(),
                                    [](From x) { return Cast::apply<To, From>(x); });
    });
  });
}

// ---- registration, by base ----

template <class... P>
void add_float_unary(KernelTable& table) {
  (table.add<P>(prepare_float_unary<P>, Aliasing::inplace), ...);
}

template <class... P>
void add_numeric_unary(KernelTable& table) {
  (table.add<P>(prepare_numeric_unary<P>, Aliasing::inplace), ...);
}

template <class... P>
void add_numeric_binary(KernelTable& table) {
  (table.add<P>(prepare_numeric_binary<P>, Aliasing::inplace), ...);
}

template <class... P>
void add_comparisons(KernelTable& table) {
  (table.add<P>(prepare_comparison<P>, Aliasing::inplace), ...);
}

template <class... P>
void add_bit_binary(KernelTable& table) {
  (table.add<P>(prepare_bit_binary<P>, Aliasing::inplace), ...);
}

void add_unary(KernelTable& table) {
  add_numeric_unary<Neg, Abs, Sign>(table);
  add_float_unary<Exp, Expm1, Log, Log1p, Sqrt, Rsqrt, Reciprocal>(table);
  add_float_unary<Sin, Cos, Tan, Asin, Acos, Atan>(table);
  add_float_unary<Sinh, Cosh, Asinh, Acosh, Atanh>(table);
  add_float_unary<Tanh, Sigmoid, Softplus, Erf, Relu, Floor, Ceil, Round>(table);
  table.add<IsNan>(prepare_float_test<IsNan>);
  table.add<IsInf>(prepare_float_test<IsInf>);
  table.add<Not>(prepare_not, Aliasing::inplace);
  table.add_view<Detach>();
}

void add_binary(KernelTable& table) {
  add_numeric_binary<Add, Sub, Mul, Pow, Maximum, Minimum>(table);
  table.add<Div>(prepare_division<Div>, Aliasing::inplace);
  table.add<Fmod>(prepare_division<Fmod>, Aliasing::inplace);
  add_comparisons<Equal, Less, LessEqual>(table);
  add_bit_binary<And, Or, Xor>(table);
  table.add<ShiftLeft>(prepare_shift<ShiftLeft>, Aliasing::inplace);
  table.add<ShiftRight>(prepare_shift<ShiftRight>, Aliasing::inplace);
}

}  // namespace

void add_pointwise_kernels(KernelTable& table) {
  add_unary(table);
  add_binary(table);
  table.add<Select>(prepare_select, Aliasing::inplace);
  table.add<Cast>(prepare_cast);
}

}  // namespace palimpsest
