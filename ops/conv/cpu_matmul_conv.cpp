#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <array>

#include "ops/conv/cpu_conv.h"
#include "ops/linalg/cpu_dnnl.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using dnnl::memory;
using runtime::Kernel;
using runtime::KernelRequest;

bool is_product(const ConvGeometry& g) {
  const auto none = [](const std::vector<std::int64_t>& padding) {
    return std::ranges::all_of(padding, [](std::int64_t places) { return places == 0; });
  };
  return spatial_volume(g.filter) == 1 && g.groups == 1 && g.channels_last && !g.filter_blocks &&
         has_unit_strides(g) && none(g.pad_low) && none(g.pad_high);
}

/// Of [places, C], [O, C] and [places, O], in the order of the member's operands, the result last.
std::array<DnnlTensor, 3> matrices(const ConvGeometry& g, ConvRole role,
                                   const KernelRequest& request) {
  const std::int64_t outputs = g.filter[0], inputs = g.filter[1];
  const std::int64_t places = g.output.elements() / outputs;
  const DType first = request.inputs[0].dtype, second = request.inputs[1].dtype;
  if (role == ConvRole::forward)  // y = x w^T
    return {DnnlTensor{DNNL_ARG_SRC, {places, inputs}, {inputs, 1}, first},
            DnnlTensor{DNNL_ARG_WEIGHTS, {inputs, outputs}, {1, inputs}, second},
            DnnlTensor{DNNL_ARG_DST, {places, outputs}, {outputs, 1}}};
  if (role == ConvRole::input_grad)  // dx = ct w
    return {DnnlTensor{DNNL_ARG_SRC, {places, outputs}, {outputs, 1}, first},
            DnnlTensor{DNNL_ARG_WEIGHTS, {outputs, inputs}, {inputs, 1}, second},
            DnnlTensor{DNNL_ARG_DST, {places, inputs}, {inputs, 1}}};
  return {DnnlTensor{DNNL_ARG_SRC, {outputs, places}, {1, outputs}, first},  // dw = ct^T x
          DnnlTensor{DNNL_ARG_WEIGHTS, {places, inputs}, {inputs, 1}, second},
          DnnlTensor{DNNL_ARG_DST, {outputs, inputs}, {inputs, 1}}};
}

memory::desc in_place(const DnnlTensor& tensor) {
  return {tensor.dims, memory::data_type::f32, tensor.strides};
}

}  // namespace

std::unique_ptr<Kernel> matmul_conv_kernel(const ConvGeometry& g, ConvRole role,
                                           const KernelRequest& request) {
  const bool empty = g.input.elements() == 0 || g.output.elements() == 0;
  if (request.output.dtype != DType::f32 || operand_dtype(request) != DType::f32 || empty ||
      !is_product(g))
    return nullptr;
  const runtime::ThreadScope threads(request.threads);
  const auto [a, b, c] = matrices(g, role, request);
  const memory::desc packable(b.dims, memory::data_type::f32, memory::format_tag::any);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const dnnl::matmul::primitive_desc product(
      {in_place(a), request.constants[1] ? packable : in_place(b), in_place(c)}, user_scratchpad(),
      engine, true);
  if (!product || is_reference(product)) return nullptr;
  return dnnl_kernel(engine, product, {a, b}, c, request);
}

}  // namespace palimpsest
