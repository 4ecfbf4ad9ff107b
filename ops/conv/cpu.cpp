#include "ops/conv/cpu_gemm_conv.h"
#include "ops/cpu_kernels.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;

template <class Member, ConvRole role>
std::unique_ptr<Kernel> prepare(const KernelRequest& request) {
  return gemm_conv_kernel(request.op.as<Member>()->geometry, role, request);
}

}  // namespace

void add_conv_kernels(runtime::KernelTable& table) {
  table.add<Conv>(prepare<Conv, ConvRole::forward>);
  table.add<ConvInputGrad>(prepare<ConvInputGrad, ConvRole::input_grad>);
  table.add<ConvFilterGrad>(prepare<ConvFilterGrad, ConvRole::filter_grad>);
}

}  // namespace palimpsest
