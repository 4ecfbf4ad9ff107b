#include "ops/linalg/cpu_lu.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace palimpsest {
namespace {

/// Row of the largest element of column `column`, from the diagonal down.
template <class T>
std::int64_t pivot_row(std::int64_t n, const T* a, std::int64_t column) {
  std::int64_t best = column;
  for (std::int64_t row = column + 1; row < n; ++row)
    if (std::abs(a[row * n + column]) > std::abs(a[best * n + column])) best = row;
  return best;
}

/// to -= factor * from
template <class T>
void subtract_row(std::int64_t count, T factor, const T* from, T* to) {
  for (std::int64_t j = 0; j < count; ++j) to[j] -= factor * from[j];
}

}  // namespace

std::size_t lu_scratch_elements(std::int64_t n) { return static_cast<std::size_t>(n * n); }

// Gauss-Jordan: the same row operations turn a copy of x into 1 and 1 into the inverse.
template <class T>
void invert(std::int64_t n, const T* x, T* y, T* scratch) {
  T* const a = scratch;
  std::copy(x, x + n * n, a);
  std::fill(y, y + n * n, T{0});
  for (std::int64_t i = 0; i < n; ++i) y[i * n + i] = T{1};
  for (std::int64_t column = 0; column < n; ++column) {
    const std::int64_t pivot = pivot_row(n, a, column);
    if (a[pivot * n + column] == T{0})
      return void(std::fill(y, y + n * n, std::numeric_limits<T>::infinity()));
    if (pivot != column) {
      std::swap_ranges(a + pivot * n, a + pivot * n + n, a + column * n);
      std::swap_ranges(y + pivot * n, y + pivot * n + n, y + column * n);
    }
    const T scale = a[column * n + column];
    for (std::int64_t j = 0; j < n; ++j) a[column * n + j] /= scale;
    for (std::int64_t j = 0; j < n; ++j) y[column * n + j] /= scale;
    for (std::int64_t row = 0; row < n; ++row) {
      if (row == column) continue;
      const T factor = a[row * n + column];
      subtract_row(n, factor, a + column * n, a + row * n);
      subtract_row(n, factor, y + column * n, y + row * n);
    }
  }
}

template <class T>
T determinant_of(std::int64_t n, const T* x, T* scratch) {
  T* const a = scratch;
  std::copy(x, x + n * n, a);
  T determinant{1};
  for (std::int64_t column = 0; column < n; ++column) {
    const std::int64_t pivot = pivot_row(n, a, column);
    if (a[pivot * n + column] == T{0}) return T{0};
    if (pivot != column) {
      std::swap_ranges(a + pivot * n, a + pivot * n + n, a + column * n);
      determinant = -determinant;
    }
    determinant *= a[column * n + column];
    for (std::int64_t row = column + 1; row < n; ++row)
      subtract_row(n - column, a[row * n + column] / a[column * n + column],
                   a + column * n + column, a + row * n + column);
  }
  return determinant;
}

template void invert(std::int64_t, const float*, float*, float*);
template void invert(std::int64_t, const double*, double*, double*);
template float determinant_of(std::int64_t, const float*, float*);
template double determinant_of(std::int64_t, const double*, double*);

}  // namespace palimpsest
