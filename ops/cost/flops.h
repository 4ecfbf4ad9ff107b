#pragma once
// What a primitive costs in floating-point operations. The one place that knows.

#include "graph/function.h"

namespace palimpsest {

/// True for the convolution family and matrix products: where the arithmetic of a network is.
bool is_product(const Op& op);

/// Floating-point operations of one node:
///   convolution family, matmul: 2 * multiply-adds, zeros of the padding included;
///   a fused node: 1 an instruction and element, its reductions included;
///   reductions: 1 an element read; sliding windows: 1 an element of each window;
///   inverse, determinant: 2 n^3 and 2/3 n^3 a matrix;
///   what only moves or makes data: 0; all else: 1 an element of the result.
double flops(const Op& op, Types inputs, const TensorType& output);
double flops(const Node& node);

/// The sum over all reachable products of a function: what its size is judged by.
double product_flops(const Function& function);

}  // namespace palimpsest
