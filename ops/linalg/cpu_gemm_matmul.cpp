#include "ops/linalg/cpu_gemm.h"
#include "ops/linalg/cpu_matmul.h"
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

  std::size_t workspace_bytes() const override {
    return gemm_workspace_bytes<T>(extents_, threads_);
  }
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

}  // namespace

std::unique_ptr<Kernel> gemm_matmul_kernel(const MatMul& op, const KernelRequest& request) {
  return runtime::with_float(request.output.dtype, op.name,
                             [&](auto tag) -> std::unique_ptr<Kernel> {
                               using T = typename decltype(tag)::type;
                               return std::make_unique<GemmKernel<T>>(op, request);
                             });
}

std::int64_t matrices_of(const Shape& shape) {
  return Shape(shape.extents().first(static_cast<std::size_t>(shape.rank() - 2))).elements();
}

}  // namespace palimpsest
