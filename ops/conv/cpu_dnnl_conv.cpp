#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <array>

#include "ops/conv/cpu_conv.h"
#include "ops/linalg/cpu_dnnl.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using dnnl::memory;
using Dims = memory::dims;
using Tag = memory::format_tag;
using runtime::Kernel;
using runtime::KernelRequest;

Dims dims_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

/// [O, C/groups, k...], or with groups [groups, O/groups, C/groups, k...]: the same bytes.
Dims filter_dims(const ConvGeometry& g) {
  Dims dims = dims_of(g.filter);
  if (g.groups == 1) return dims;
  dims[0] /= g.groups;
  dims.insert(dims.begin(), g.groups);
  return dims;
}

memory::desc activation(const Shape& shape, memory::data_type type, DnnlConv form) {
  if (form == DnnlConv::own_layout || form == DnnlConv::winograd)
    return {dims_of(shape), type, Tag::any};
  return {dims_of(shape), type, stored_strides(shape, form == DnnlConv::channels_last)};
}

/// What oneDNN is asked for. With bf16 the operands are bf16; the result is always f32.
struct Wanted {
  const ConvGeometry& geometry;
  ConvRole role;
  DnnlConv form;
  memory::data_type operands;
  bool constant_filter;

  dnnl::algorithm algorithm() const {
    return form == DnnlConv::winograd ? dnnl::algorithm::convolution_winograd
                                      : dnnl::algorithm::convolution_direct;
  }

  /// For inference a Winograd convolution wants its filter transformed, which takes oneDNN longer
  /// than it gains unless that is done once; for training it transforms the filter itself.
  dnnl::prop_kind kind() const {
    const bool ready = form != DnnlConv::winograd || constant_filter;
    return role == ConvRole::forward && ready ? dnnl::prop_kind::forward_inference
                                              : dnnl::prop_kind::forward_training;
  }

  memory::desc x(ConvRole result) const {
    return activation(geometry.input, type(ConvRole::input_grad, result), form);
  }
  memory::desc y(ConvRole result) const {
    return activation(geometry.output, type(ConvRole::forward, result), form);
  }
  /// In blocks where the program has it so and the library reads it so: for the input gradient
  /// it wants 16 of O by 16 of C.
  memory::desc w(ConvRole result) const {
    const Dims dims = filter_dims(geometry);
    const bool as_stored = geometry.filter_blocks && form == DnnlConv::channels_last &&
                           result != ConvRole::input_grad && operands == memory::data_type::f32;
    return {dims, type(ConvRole::filter_grad, result),
            as_stored ? static_cast<Tag>(dnnl_filter_blocks(dims.size())) : Tag::any};
  }

 private:
  /// Of the tensor that the role `computed` computes, when the result is that of `result`.
  memory::data_type type(ConvRole computed, ConvRole result) const {
    return computed == result ? memory::data_type::f32 : operands;
  }
};

/// A member's descriptor; false when oneDNN has none. That of a gradient holds a plain pointer
/// to the forward one, so both are kept until the primitive exists.
struct Described {
  dnnl::convolution_forward::primitive_desc forward;
  dnnl::primitive_desc_base member;
  explicit operator bool() const { return static_cast<bool>(member); }
};

Described describe(const Wanted& wanted, const dnnl::engine& engine) {
  const ConvGeometry& g = wanted.geometry;
  const dnnl::algorithm algorithm = wanted.algorithm();
  Dims dilation = g.dilation;
  for (auto& step : dilation) --step;  // oneDNN counts the places left out
  const dnnl::primitive_attr attributes = user_scratchpad();
  const ConvRole forward_role = ConvRole::forward, role = wanted.role;
  const dnnl::convolution_forward::primitive_desc forward(
      {wanted.kind(), algorithm, wanted.x(forward_role), wanted.w(forward_role),
       wanted.y(forward_role), g.stride, dilation, g.pad_low, g.pad_high},
      attributes, engine, true);
  if (!forward || role == forward_role) return {forward, forward};
  if (role == ConvRole::input_grad)
    return {forward, dnnl::convolution_backward_data::primitive_desc(
                         {algorithm, wanted.x(role), wanted.w(role), wanted.y(role), g.stride,
                          dilation, g.pad_low, g.pad_high},
                         attributes, engine, forward, true)};
  return {forward, dnnl::convolution_backward_weights::primitive_desc(
                       {algorithm, wanted.x(role), wanted.w(role), wanted.y(role), g.stride,
                        dilation, g.pad_low, g.pad_high},
                       attributes, engine, forward, true)};
}

/// Arguments in the order of the primitive's operands, the result last.
std::array<DnnlTensor, 3> arguments(const ConvGeometry& g, ConvRole role,
                                    const KernelRequest& request) {
  const auto stored = [&](int argument, const Shape& shape, DType dtype) {
    return DnnlTensor{argument, dims_of(shape), stored_strides(shape, g.channels_last), dtype};
  };
  const auto filter = [&](int argument, DType dtype) {
    DnnlTensor tensor = plain_tensor(argument, filter_dims(g), dtype);
    tensor.filter_blocks = g.filter_blocks;
    return tensor;
  };
  const DType first = request.inputs[0].dtype, second = request.inputs[1].dtype;
  if (role == ConvRole::forward)
    return {stored(DNNL_ARG_SRC, g.input, first), filter(DNNL_ARG_WEIGHTS, second),
            stored(DNNL_ARG_DST, g.output, DType::f32)};
  if (role == ConvRole::input_grad)
    return {stored(DNNL_ARG_DIFF_DST, g.output, first), filter(DNNL_ARG_WEIGHTS, second),
            stored(DNNL_ARG_DIFF_SRC, g.input, DType::f32)};
  return {stored(DNNL_ARG_DIFF_DST, g.output, first), stored(DNNL_ARG_SRC, g.input, second),
          filter(DNNL_ARG_DIFF_WEIGHTS, DType::f32)};
}

/// Place k of the kernel's axis meets the image somewhere.
bool is_used(const ConvGeometry& g, std::size_t axis, std::int64_t k) {
  const int dim = static_cast<int>(axis) + 2;
  for (std::int64_t p = 0; p < g.output[dim]; ++p) {
    const std::int64_t at = p * g.stride[axis] + k * g.dilation[axis] - g.pad_low[axis];
    if (at >= 0 && at < g.input[dim]) return true;
  }
  return false;
}

bool every_place_is_used(const ConvGeometry& g) {
  for (std::size_t axis = 0; axis < g.stride.size(); ++axis)
    for (std::int64_t k = 0; k < g.filter[static_cast<int>(axis) + 2]; ++k)
      if (!is_used(g, axis, k)) return false;
  return true;
}

bool within_reach(const ConvGeometry& g, ConvRole role, const KernelRequest& request) {
  // oneDNN 2.6 leaves bf16 gradients of unused places unwritten.
  if (role == ConvRole::filter_grad && operand_dtype(request) == DType::bf16 &&
      !every_place_is_used(g))
    return false;
  const bool empty =
      g.input.elements() == 0 || g.filter.elements() == 0 || g.output.elements() == 0;
  return request.output.dtype == DType::f32 && g.spatial_rank() <= 3 && !empty;
}

}  // namespace

// With the reorders that a layout costs; measured with oneDNN 2.6 on AVX-512 over the layers of
// LeNet, ResNets and MobileNet.
DnnlConv dnnl_conv_by_rule(const ConvGeometry& g, ConvRole role) {
  if (g.channels_last) return DnnlConv::channels_last;
  const std::int64_t positions = spatial_volume(g.output), channels = g.input[1];
  const std::int64_t group_channels = channels / g.groups;
  if (spatial_volume(g.filter) == 1 && group_channels >= 16) {
    // Already a product of matrices: reordering costs more than it gains, but on tiny images.
    const bool tiny = positions < 64 && role != ConvRole::filter_grad;
    return tiny ? DnnlConv::own_layout : DnnlConv::plain;
  }
  if (g.groups > 1) return DnnlConv::own_layout;
  if (role == ConvRole::input_grad) {
    // The direct kernel computes 16 channels even where x has 3.
    const std::int64_t products = g.output.elements() * g.filter.elements() / g.filter[0];
    const bool wasteful = channels < 16 && products > 500'000;
    return wasteful ? DnnlConv::plain : DnnlConv::own_layout;
  }
  if (role == ConvRole::filter_grad) {
    if (channels >= 256 && g.input[0] * positions <= 64) return DnnlConv::plain;
    if (channels >= 8 && channels % 16 != 0) return DnnlConv::channels_last;
  }
  return DnnlConv::own_layout;
}

std::unique_ptr<Kernel> dnnl_conv_kernel(const ConvGeometry& g, ConvRole role,
                                         const KernelRequest& request, DnnlConv form) {
  if (!within_reach(g, role, request) || !has_instructions_for(request)) return nullptr;
  const DType operands = operand_dtype(request);
  if (form == DnnlConv::winograd && operands != DType::f32) return nullptr;
  const runtime::ThreadScope threads(request.threads);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const bool constant_filter = role != ConvRole::filter_grad && request.constants[1];
  const Described described = describe(
      {g, role, form, static_cast<memory::data_type>(dnnl_type(operands)), constant_filter},
      engine);
  if (!described || is_reference(described.member)) return nullptr;
  const auto [first, second, result] = arguments(g, role, request);
  return dnnl_kernel(engine, described.member, {first, second}, result, request);
}

}  // namespace palimpsest
