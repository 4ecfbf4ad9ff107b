#pragma once
// The three ways in which the CPU multiplies matrices.

#include <memory>

#include "ops/linalg/linalg.h"
#include "runtime/kernel.h"

namespace palimpsest {

/// oneDNN: f32, nothing empty. A constant right operand is packed. Null for all else.
std::unique_ptr<runtime::Kernel> dnnl_matmul_kernel(const MatMul& op,
                                                    const runtime::KernelRequest& request);

/// One small f32 product of long sums, as of a classifier's head, summed in f64: what softmax makes
/// of rounded logits is the noise floor of gradient matching. Null for all else.
std::unique_ptr<runtime::Kernel> wide_matmul_kernel(const MatMul& op,
                                                    const runtime::KernelRequest& request);

/// Our own gemm: f32 and f64. Throws UnsupportedError for other dtypes.
std::unique_ptr<runtime::Kernel> gemm_matmul_kernel(const MatMul& op,
                                                    const runtime::KernelRequest& request);

/// Number of matrices in a tensor [..., M, N].
std::int64_t matrices_of(const Shape& shape);

}  // namespace palimpsest
