#include "ops/conv/cpu_conv.h"
#include "ops/cpu_kernels.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;

template <class Member, ConvRole role>
std::unique_ptr<Kernel> prepare(const KernelRequest& request) {
  const ConvGeometry& geometry = request.op.as<Member>()->geometry;
  if (auto kernel = dnnl_conv_kernel(geometry, role, request)) return kernel;
  return gemm_conv_kernel(geometry, role, request);
}

}  // namespace

void add_conv_kernels(runtime::KernelTable& table) {
  table.add<Conv>(prepare<Conv, ConvRole::forward>);
  table.add<ConvInputGrad>(prepare<ConvInputGrad, ConvRole::input_grad>);
  table.add<ConvFilterGrad>(prepare<ConvFilterGrad, ConvRole::filter_grad>);
}

}  // namespace palimpsest
