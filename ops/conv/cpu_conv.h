#pragma once
// The ways in which the CPU computes the convolution family.

#include <memory>

#include "ops/conv/conv.h"
#include "runtime/kernel.h"

namespace palimpsest {

/// The member of the family.
enum class ConvRole { forward, input_grad, filter_grad };

/// oneDNN: f32, one to three spatial axes. Null when it does not have this geometry, or has
/// only its reference code for it.
std::unique_ptr<runtime::Kernel> dnnl_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                                  const runtime::KernelRequest& request);

/// One filter a channel, tensors with channels last, one or two spatial axes, f32. Null for all
/// else.
std::unique_ptr<runtime::Kernel> depthwise_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                                       const runtime::KernelRequest& request);

/// The input gradient where the input has few channels, as an image has, tensors with channels
/// last, no groups, one or two spatial axes, f32. Null for all else.
std::unique_ptr<runtime::Kernel> stem_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                                  const runtime::KernelRequest& request);

/// Groups of 4 or of 8 channels, as many out as in, tensors with channels last, one or two spatial
/// axes, f32. Null for all else.
std::unique_ptr<runtime::Kernel> group_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                                   const runtime::KernelRequest& request);

/// As products of matrices, with our own gemm: any number of spatial axes, f32 and f64.
/// Throws UnsupportedError for other dtypes.
std::unique_ptr<runtime::Kernel> gemm_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                                  const runtime::KernelRequest& request);

}  // namespace palimpsest
