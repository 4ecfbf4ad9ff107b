#include "ops/cpu_kernels.h"
#include "ops/linalg/cpu_gemm.h"
#include "ops/linalg/cpu_lu.h"
#include "ops/linalg/linalg.h"
#include "runtime/cpu/dispatch.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

/// Offsets of a row-major matrix's rows and columns, as op(x) sees them.
struct MatrixOffsets {
  MatrixOffsets(const Shape& shape, bool transposed)
      : rows(even_offsets(shape[-2], shape[-1])), columns(even_offsets(shape[-1], 1)) {
    if (transposed) std::swap(rows, columns);
  }
  Offsets rows, columns;
};

std::int64_t matrix_elements(const Shape& shape) { return shape[-1] * shape[-2]; }

std::int64_t matrices_of(const Shape& shape) {
  return Shape(shape.extents().first(static_cast<std::size_t>(shape.rank() - 2))).elements();
}

template <class T>
class GemmKernel final : public Kernel {
 public:
  GemmKernel(const MatMul& op, const KernelRequest& request)
      : a_(request.inputs[0].shape, op.transpose_a),
        b_(request.inputs[1].shape, op.transpose_b),
        c_(request.output.shape, false),
        extents_{.m = request.output.shape[-2],
                 .n = request.output.shape[-1],
                 .k = static_cast<std::int64_t>(a_.columns.size()),
                 .count = matrices_of(request.output.shape),
                 .a_step = matrix_elements(request.inputs[0].shape),
                 .b_step = matrix_elements(request.inputs[1].shape),
                 .c_step = matrix_elements(request.output.shape)},
        threads_(request.threads) {}

  std::size_t workspace_bytes() const override { return gemm_workspace_bytes(threads_); }
  std::string algorithm() const override { return "own:gemm"; }

  void run(const Launch& launch) override {
    gemm<T>(extents_, {launch.input<T>(0), a_.rows.data(), a_.columns.data()},
            {launch.input<T>(1), b_.rows.data(), b_.columns.data()},
            {launch.result<T>(), c_.rows.data(), c_.columns.data()}, launch.workspace, threads_);
  }

 private:
  MatrixOffsets a_, b_, c_;
  GemmExtents extents_;
  int threads_;
};

std::unique_ptr<Kernel> prepare_matmul(const KernelRequest& request) {
  const MatMul& op = *request.op.as<MatMul>();
  return runtime::with_float(request.output.dtype, op.name,
                             [&](auto tag) -> std::unique_ptr<Kernel> {
                               using T = typename decltype(tag)::type;
                               return std::make_unique<GemmKernel<T>>(op, request);
                             });
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
