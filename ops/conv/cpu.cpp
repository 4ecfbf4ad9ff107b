#include "ops/conv/cpu_conv.h"
#include "ops/cpu_kernels.h"
#include "ops/linalg/cpu_dnnl.h"
#include "ops/linalg/cpu_widened.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;

std::int64_t kernel_places(const ConvGeometry& g) {
  return g.filter.elements() / (g.filter[0] * g.filter[1]);
}

/// Where our own kernels are faster than oneDNN's. A rule and not a measurement, so that equal
/// programs give equal bits; measured against oneDNN 2.6 on AVX-512, with tensors that come from
/// beyond the second cache.
bool own_depthwise_is_faster(const ConvGeometry& g, ConvRole role) {
  return role == ConvRole::input_grad || kernel_places(g) > 9;
}

std::unique_ptr<Kernel> own_kernel(const ConvGeometry& g, ConvRole role,
                                   const KernelRequest& request) {
  if (own_depthwise_is_faster(g, role))
    if (auto kernel = depthwise_conv_kernel(g, role, request)) return kernel;
  return nullptr;
}

template <class Member, ConvRole role>
std::unique_ptr<Kernel> prepare(const KernelRequest& request) {
  const ConvGeometry& geometry = request.op.as<Member>()->geometry;
  if (auto kernel = own_kernel(geometry, role, request)) return kernel;
  if (auto kernel = dnnl_conv_kernel(geometry, role, request)) return kernel;
  if (operand_dtype(request) == DType::bf16) return widened_kernel(request, prepare<Member, role>);
  return gemm_conv_kernel(geometry, role, request);
}

}  // namespace

void add_conv_kernels(runtime::KernelTable& table) {
  table.add<Conv>(prepare<Conv, ConvRole::forward>);
  table.add<ConvInputGrad>(prepare<ConvInputGrad, ConvRole::input_grad>);
  table.add<ConvFilterGrad>(prepare<ConvFilterGrad, ConvRole::filter_grad>);
}

}  // namespace palimpsest
