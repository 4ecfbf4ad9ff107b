#pragma once
// The convolution family as products of matrices: any number of spatial axes, f32 and f64.
// The general path; oneDNN (cpu_dnnl_conv.h) takes what it is good at.

#include <memory>

#include "ops/conv/conv.h"
#include "runtime/kernel.h"

namespace palimpsest {

/// The member of the family.
enum class ConvRole { forward, input_grad, filter_grad };

/// Throws UnsupportedError for other dtypes than f32 and f64.
std::unique_ptr<runtime::Kernel> gemm_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                                  const runtime::KernelRequest& request);

}  // namespace palimpsest
