#pragma once
// The ways in which the CPU computes the convolution family.

#include <memory>

#include "ops/conv/conv.h"
#include "runtime/kernel.h"

namespace palimpsest {

/// The member of the family.
enum class ConvRole { forward, input_grad, filter_grad };

/// How oneDNN computes a convolution: in which layout x, y and their cotangents are reordered
/// before and after it where the program has them in another. Filters are left to oneDNN.
enum class DnnlConv {
  plain,          ///< channels before places: oneDNN's im2col and matrix product
  channels_last,  ///< direct
  own_layout,     ///< direct, activations in the layout that oneDNN likes best
  winograd        ///< Lavin and Gray 2016: fewer products, more roundings; f32 operands only
};

/// The fastest form by rule, never winograd.
DnnlConv dnnl_conv_by_rule(const ConvGeometry& geometry, ConvRole role);

/// oneDNN: f32, one to three spatial axes. Null when it does not have this geometry in this form,
/// or has only its reference code for it.
std::unique_ptr<runtime::Kernel> dnnl_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                                  const runtime::KernelRequest& request,
                                                  DnnlConv form);

/// The input gradient of steps of 1 with a constant filter, no groups, f32: the forward convolution
/// of the cotangent with the filter turned round, by oneDNN, which has better kernels for it. Null
/// for all else.
std::unique_ptr<runtime::Kernel> turned_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                                    const runtime::KernelRequest& request,
                                                    DnnlConv form);

/// A kernel of one place and step 1 over tensors with channels last, no groups, f32: one product of
/// matrices, by oneDNN. Null for all else.
std::unique_ptr<runtime::Kernel> matmul_conv_kernel(const ConvGeometry& geometry, ConvRole role,
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
