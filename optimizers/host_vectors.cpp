#include "optimizers/host_vectors.h"

#include <algorithm>
#include <cmath>

#include "runtime/cpu/widest.h"

namespace palimpsest::optimizers {
namespace {

/// Independent sums: enough of them to hide the latency of an addition in the widest vectors.
constexpr std::size_t lanes = 32;

[[gnu::always_inline]] inline double total(double* sums) {
  for (std::size_t half = lanes / 2; half > 0; half /= 2)
    for (std::size_t k = 0; k < half; ++k) sums[k] += sums[k + half];
  return sums[0];
}

template <class T>
[[gnu::always_inline]] inline void dot_loop(const T* a, const T* b, std::size_t count,
                                            double* result) {
  double sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::size_t k = 0; k < lanes; ++k)
      sums[k] += static_cast<double>(a[i + k]) * static_cast<double>(b[i + k]);
  for (std::size_t k = 0; i + k < count; ++k)
    sums[k] += static_cast<double>(a[i + k]) * static_cast<double>(b[i + k]);
  *result = total(sums);
}

template <class T>
[[gnu::always_inline]] inline void add_scaled_loop(T* y, T factor, const T* x, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] += factor * x[i];
}

template <class T>
[[gnu::always_inline]] inline void magnitudes_loop(const T* a, std::size_t count, double* result) {
  double sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::size_t k = 0; k < lanes; ++k) sums[k] += static_cast<double>(std::abs(a[i + k]));
  for (std::size_t k = 0; i + k < count; ++k) sums[k] += static_cast<double>(std::abs(a[i + k]));
  *result = total(sums);
}

template <class T>
[[gnu::always_inline]] inline void largest_loop(const T* a, std::size_t count, double* result) {
  T most[lanes] = {};
  const auto take = [&](std::size_t k, T x) { most[k] = x > most[k] ? x : most[k]; };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::size_t k = 0; k < lanes; ++k) take(k, std::abs(a[i + k]));
  for (std::size_t k = 0; i + k < count; ++k) take(k, std::abs(a[i + k]));
  *result = static_cast<double>(*std::max_element(most, most + lanes));
}

}  // namespace

template <class T>
double dot(const T* a, const T* b, std::size_t count) {
  static const auto loop = runtime::widest<dot_loop<T>>();
  double result = 0;
  loop(a, b, count, &result);
  return result;
}

template <class T>
void add_scaled(T* y, T factor, const T* x, std::size_t count) {
  static const auto loop = runtime::widest<add_scaled_loop<T>>();
  loop(y, factor, x, count);
}

template <class T>
double sum_of_magnitudes(const T* a, std::size_t count) {
  static const auto loop = runtime::widest<magnitudes_loop<T>>();
  double result = 0;
  loop(a, count, &result);
  return result;
}

template <class T>
double largest_magnitude(const T* a, std::size_t count) {
  static const auto loop = runtime::widest<largest_loop<T>>();
  double result = 0;
  loop(a, count, &result);
  return result;
}

template double dot(const float*, const float*, std::size_t);
template double dot(const double*, const double*, std::size_t);
template void add_scaled(float*, float, const float*, std::size_t);
template void add_scaled(double*, double, const double*, std::size_t);
template double sum_of_magnitudes(const float*, std::size_t);
template double sum_of_magnitudes(const double*, std::size_t);
template double largest_magnitude(const float*, std::size_t);
template double largest_magnitude(const double*, std::size_t);

}  // namespace palimpsest::optimizers
