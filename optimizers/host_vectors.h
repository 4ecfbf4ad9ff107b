#pragma once
// Arithmetic on vectors in host memory, in vector instructions. T: float or double. Sums are f64
// and their order is in the source, so the bits do not depend on the machine.

#include <cstddef>

namespace palimpsest::optimizers {

/// <a, b>, in f64.
template <class T>
double dot(const T* a, const T* b, std::size_t count);

/// y += factor * x
template <class T>
void add_scaled(T* y, T factor, const T* x, std::size_t count);

/// Sum of |a_i|, in f64: not finite when an entry is not.
template <class T>
double sum_of_magnitudes(const T* a, std::size_t count);

/// The largest |a_i|; 0 for none. Entries must not be NaN.
template <class T>
double largest_magnitude(const T* a, std::size_t count);

}  // namespace palimpsest::optimizers
