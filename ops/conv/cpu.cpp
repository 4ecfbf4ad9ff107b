#include <algorithm>
#include <functional>
#include <numeric>

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

bool is_strided(const ConvGeometry& g) {
  return std::ranges::any_of(g.stride, [](std::int64_t step) { return step > 1; });
}

// Where our own kernels are faster than oneDNN's. Rules and not measurements, so that equal
// programs give equal bits; measured against oneDNN 2.6 on AVX-512.

bool own_depthwise_is_faster(const ConvGeometry& g, ConvRole role) {
  return role == ConvRole::input_grad || kernel_places(g) > 9;
}

/// The filter gradient always, the others where oneDNN computes mostly zeros.
bool own_groups_are_faster(const ConvGeometry& g, ConvRole role) {
  return role == ConvRole::filter_grad || (g.filter[1] == 4 && !is_strided(g));
}

/// Not for patches that do not overlap: those are a product of matrices.
bool own_stem_is_faster(const ConvGeometry& g) {
  const std::int64_t step =
      std::accumulate(g.stride.begin(), g.stride.end(), std::int64_t{1}, std::multiplies<>());
  return kernel_places(g) > step;
}

std::unique_ptr<Kernel> own_kernel(const ConvGeometry& g, ConvRole role,
                                   const KernelRequest& request) {
  std::unique_ptr<Kernel> kernel;
  if (own_depthwise_is_faster(g, role)) kernel = depthwise_conv_kernel(g, role, request);
  if (!kernel && own_groups_are_faster(g, role)) kernel = group_conv_kernel(g, role, request);
  if (!kernel && own_stem_is_faster(g)) kernel = stem_conv_kernel(g, role, request);
  return kernel;
}

/// With operands in bf16 that are first widened to f32. oneDNN's bf16 kernels are at their best
/// where its f32 kernels are poor, but for these.
bool own_widened_is_faster(const ConvGeometry& g, ConvRole role) {
  const bool depthwise = g.groups == g.input[1] && g.groups == g.filter[0];
  if (!g.channels_last || g.groups == 1) return false;
  return depthwise ? role == ConvRole::filter_grad && kernel_places(g) > 9
                   : g.filter[1] == 4 && own_groups_are_faster(g, role);
}

template <class Member, ConvRole role>
std::unique_ptr<Kernel> prepare(const KernelRequest& request) {
  const ConvGeometry& geometry = request.op.as<Member>()->geometry;
  const bool narrow = operand_dtype(request) == DType::bf16;
  if (auto kernel = own_kernel(geometry, role, request)) return kernel;
  if (narrow && own_widened_is_faster(geometry, role))
    return widened_kernel(request, prepare<Member, role>);
  KernelRequest for_library = request;
  // oneDNN divides the sums over images and places among the threads: alone of its kernels here.
  if (request.reproducible && role == ConvRole::filter_grad) for_library.threads = 1;
  if (auto kernel = dnnl_conv_kernel(geometry, role, for_library)) return kernel;
  if (narrow) return widened_kernel(request, prepare<Member, role>);
  return gemm_conv_kernel(geometry, role, request);
}

}  // namespace

void add_conv_kernels(runtime::KernelTable& table) {
  table.add<Conv>(prepare<Conv, ConvRole::forward>);
  table.add<ConvInputGrad>(prepare<ConvInputGrad, ConvRole::input_grad>);
  table.add<ConvFilterGrad>(prepare<ConvFilterGrad, ConvRole::filter_grad>);
}

}  // namespace palimpsest
