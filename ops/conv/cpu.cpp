#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <vector>

#include "ops/conv/cpu_conv.h"
#include "ops/cpu_kernels.h"
#include "ops/linalg/cpu_dnnl.h"
#include "ops/linalg/cpu_widened.h"
#include "runtime/choose_kernel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelCandidate;
using runtime::KernelRequest;

// Where our own kernels are faster than oneDNN's. Rules, so that equal programs give equal bits
// where nobody asks for measurements; measured against oneDNN 2.6 on AVX-512.

bool own_depthwise_is_faster(const ConvGeometry& g, ConvRole role) {
  return role == ConvRole::input_grad || spatial_volume(g.filter) > 9;
}

/// The filter gradient always, the others where oneDNN computes mostly zeros.
bool own_groups_are_faster(const ConvGeometry& g, ConvRole role) {
  return role == ConvRole::filter_grad || (g.filter[1] == 4 && has_unit_strides(g));
}

/// Not for patches that do not overlap: those are a product of matrices.
bool own_stem_is_faster(const ConvGeometry& g) {
  const std::int64_t step =
      std::accumulate(g.stride.begin(), g.stride.end(), std::int64_t{1}, std::multiplies<>());
  return spatial_volume(g.filter) > step;
}

using OwnConv = std::unique_ptr<Kernel> (*)(const ConvGeometry&, ConvRole, const KernelRequest&);

/// A kernel of ours that computes some geometries, and whether it is expected to be the fastest.
struct OwnKernel {
  const char* name;
  bool expected;
  OwnConv prepare;
};

std::array<OwnKernel, 3> own_kernels(const ConvGeometry& g, ConvRole role) {
  return {{{"own:depthwise", own_depthwise_is_faster(g, role), depthwise_conv_kernel},
           {"own:groups", own_groups_are_faster(g, role), group_conv_kernel},
           {"own:stem", own_stem_is_faster(g), stem_conv_kernel}}};
}

/// With operands in bf16 that are first widened to f32. oneDNN's bf16 kernels are at their best
/// where its f32 kernels are poor, but for these.
bool own_widened_is_faster(const ConvGeometry& g, ConvRole role) {
  const bool depthwise = g.groups == g.input[1] && g.groups == g.filter[0];
  if (!g.channels_last || g.groups == 1) return false;
  return depthwise ? role == ConvRole::filter_grad && spatial_volume(g.filter) > 9
                   : g.filter[1] == 4 && own_groups_are_faster(g, role);
}

const char* name_of(DnnlConv form) {
  switch (form) {
    case DnnlConv::plain:
      return "dnnl:plain";
    case DnnlConv::channels_last:
      return "dnnl:channels_last";
    case DnnlConv::own_layout:
      return "dnnl:own_layout";
    case DnnlConv::winograd:
      return "dnnl:winograd";
  }
  return "";
}

/// Everything that computes one convolution, in the order in which the rules prefer it.
class Candidates {
 public:
  Candidates(const ConvGeometry& geometry, ConvRole role) : geometry_(geometry), role_(role) {}

  void add(const OwnKernel& kernel) {
    add(kernel.name, [this, prepare = kernel.prepare](const KernelRequest& request) {
      return prepare(geometry_, role_, request);
    });
  }

  void add(DnnlConv form) {
    add(name_of(form), [this, form](const KernelRequest& request) {
      KernelRequest for_library = request;
      // oneDNN divides the sums over images and places among the threads: alone of its kernels
      // here.
      if (request.reproducible && role_ == ConvRole::filter_grad) for_library.threads = 1;
      return dnnl_conv_kernel(geometry_, role_, for_library, form);
    });
  }

  void add_turned(const char* name, DnnlConv form) {
    add(name, [this, form](const KernelRequest& request) {
      return turned_conv_kernel(geometry_, role_, request, form);
    });
  }

  /// Computes in f32 what comes in bf16.
  void add_widened(runtime::KernelTable::Factory prepare) {
    add("widened",
        [prepare](const KernelRequest& request) { return widened_kernel(request, prepare); });
  }

  const std::vector<KernelCandidate>& all() const { return all_; }

 private:
  /// Of several with one name, which are the same, the first one counts.
  void add(const char* name, decltype(KernelCandidate::prepare) prepare) {
    if (std::ranges::find(all_, name, &KernelCandidate::name) == all_.end())
      all_.push_back({name, std::move(prepare)});
  }

  const ConvGeometry& geometry_;
  ConvRole role_;
  std::vector<KernelCandidate> all_;
};

template <class Member, ConvRole role>
std::unique_ptr<Kernel> prepare(const KernelRequest& request) {
  const ConvGeometry& geometry = request.op.as<Member>()->geometry;
  const bool narrow = operand_dtype(request) == DType::bf16;
  const auto own = own_kernels(geometry, role);
  Candidates candidates(geometry, role);
  for (const OwnKernel& kernel : own)
    if (kernel.expected) candidates.add(kernel);
  if (narrow && own_widened_is_faster(geometry, role))
    candidates.add_widened(prepare<Member, role>);
  for (const DnnlConv form :
       {dnnl_conv_by_rule(geometry, role), DnnlConv::own_layout, DnnlConv::plain})
    candidates.add(form);
  if (narrow)
    candidates.add_widened(prepare<Member, role>);
  else
    candidates.add({"own:gemm", true, gemm_conv_kernel});
  // One of those applies, so the rules end here; the rest is for measurements.
  for (const OwnKernel& kernel : own) candidates.add(kernel);
  candidates.add(DnnlConv::channels_last);
  candidates.add(DnnlConv::winograd);
  candidates.add_turned("dnnl:turned", DnnlConv::channels_last);
  candidates.add_turned("dnnl:turned_winograd", DnnlConv::winograd);
  candidates.add({"dnnl:matmul", false, matmul_conv_kernel});
  return runtime::chosen_kernel(request, candidates.all());
}

}  // namespace

void add_conv_kernels(runtime::KernelTable& table) {
  table.add<Conv>(prepare<Conv, ConvRole::forward>);
  table.add<ConvInputGrad>(prepare<ConvInputGrad, ConvRole::input_grad>);
  table.add<ConvFilterGrad>(prepare<ConvFilterGrad, ConvRole::filter_grad>);
}

}  // namespace palimpsest
