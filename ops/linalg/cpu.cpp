#include <array>

#include "ops/cpu_kernels.h"
#include "ops/linalg/cpu_dnnl.h"
#include "ops/linalg/cpu_lu.h"
#include "ops/linalg/cpu_matmul.h"
#include "ops/linalg/cpu_widened.h"
#include "runtime/choose_kernel.h"
#include "runtime/cpu/dispatch.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

std::unique_ptr<Kernel> prepare_matmul(const KernelRequest& request) {
  const MatMul& op = *request.op.as<MatMul>();
  const bool narrow = operand_dtype(request) == DType::bf16;
  // For the sake of its digits, so that no measurement may choose another.
  if (auto kernel = narrow ? nullptr : wide_matmul_kernel(op, request)) return kernel;
  // Reordering operands in every run rarely pays, so it is left to measurements.
  const auto by_library = [&op](DnnlMatrices matrices) {
    return [&op, matrices](const KernelRequest& asked) {
      return dnnl_matmul_kernel(op, asked, matrices);
    };
  };
  const auto own = [&op, narrow](const KernelRequest& asked) {
    return narrow ? widened_kernel(asked, prepare_matmul) : gemm_matmul_kernel(op, asked);
  };
  const std::array<runtime::KernelCandidate, 3> candidates{
      {{"dnnl:in_place", by_library(DnnlMatrices::in_place)},
       {narrow ? "widened" : "own:gemm", own},
       {"dnnl:reordered", by_library(DnnlMatrices::reordered)}}};
  return runtime::chosen_kernel(request, candidates);
}

/// Applies body(n, x, y, scratch) to each matrix of the operand.
template <class T, class Body>
class PerMatrixKernel final : public Kernel {
 public:
  PerMatrixKernel(const KernelRequest& request, Body body)
      : count_(matrices_of(request.inputs[0].shape)),
        extent_(request.inputs[0].shape[-1]),
        result_elements_(count_ > 0 ? request.output.shape.elements() / count_ : 0),
        body_(body) {}

  std::size_t workspace_bytes() const override { return lu_scratch_elements(extent_) * sizeof(T); }

  void run(const Launch& launch) override {
    for (std::int64_t i = 0; i < count_; ++i)
      body_(extent_, launch.input<T>(0) + i * extent_ * extent_,
            launch.result<T>() + i * result_elements_, reinterpret_cast<T*>(launch.workspace));
  }

 private:
  std::int64_t count_, extent_, result_elements_;
  Body body_;
};

template <class Body>
std::unique_ptr<Kernel> per_matrix(const KernelRequest& request, Body body) {
  return runtime::with_float(request.output.dtype, request.op.name(),
                             [&](auto tag) -> std::unique_ptr<Kernel> {
                               using T = typename decltype(tag)::type;
                               return std::make_unique<PerMatrixKernel<T, Body>>(request, body);
                             });
}

std::unique_ptr<Kernel> prepare_inverse(const KernelRequest& request) {
  return per_matrix(request, [](std::int64_t n, const auto* x, auto* y, auto* scratch) {
    invert(n, x, y, scratch);
  });
}

std::unique_ptr<Kernel> prepare_determinant(const KernelRequest& request) {
  return per_matrix(request, [](std::int64_t n, const auto* x, auto* y, auto* scratch) {
    *y = determinant_of(n, x, scratch);
  });
}

}  // namespace

void add_linalg_kernels(runtime::KernelTable& table) {
  table.add<MatMul>(prepare_matmul);
  table.add<Inverse>(prepare_inverse);
  table.add<Determinant>(prepare_determinant);
}

}  // namespace palimpsest
