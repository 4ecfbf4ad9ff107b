#pragma once
// Inverse and determinant of small dense matrices by factorisation with partial pivoting, in
// caller's memory. (Eigen's decompositions allocate their pivots and blocking buffers.)

#include <cstddef>
#include <cstdint>

namespace palimpsest {

/// Elements of scratch for one n x n matrix.
std::size_t lu_scratch_elements(std::int64_t n);

/// y = x^-1, both n x n row-major; all of y is infinite when a pivot is exactly zero.
template <class T>
void invert(std::int64_t n, const T* x, T* y, T* scratch);

/// det(x); 1 for n = 0.
template <class T>
T determinant_of(std::int64_t n, const T* x, T* scratch);

}  // namespace palimpsest
