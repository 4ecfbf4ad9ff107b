#pragma once
// The three ways in which the CPU multiplies matrices.

#include <memory>

#include "ops/linalg/linalg.h"
#include "runtime/kernel.h"

namespace palimpsest {

/// How the operands of oneDNN's products lie.
enum class DnnlMatrices {
  in_place,  ///< as the program has them, but for a constant right operand, which is packed
  reordered  ///< as oneDNN likes best, reordered in every run where that is another way
};

/// oneDNN: f32 or bf16 operands, f32 results, nothing empty. Null for all else.
std::unique_ptr<runtime::Kernel> dnnl_matmul_kernel(const MatMul& op,
                                                    const runtime::KernelRequest& request,
                                                    DnnlMatrices matrices);

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
