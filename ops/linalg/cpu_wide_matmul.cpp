#include <algorithm>
#include <utility>

#include "ops/linalg/cpu_matmul.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

// Long enough sums to lose digits in f32, few enough products to be no matter of speed.
constexpr std::int64_t least_depth = 32;
constexpr std::int64_t most_rows = 16;
constexpr std::int64_t most_products = std::int64_t{1} << 20;

/// Steps between rows and columns of op(x).
struct MatrixSteps {
  MatrixSteps(const Shape& shape, bool transposed) : row(shape[-1]), column(1) {
    if (transposed) std::swap(row, column);
  }
  std::int64_t row, column;
};

class WideMatMulKernel final : public Kernel {
 public:
  WideMatMulKernel(const MatMul& op, const KernelRequest& request)
      : a_(request.inputs[0].shape, op.transpose_a),
        b_(request.inputs[1].shape, op.transpose_b),
        rows_(request.output.shape[-2]),
        columns_(request.output.shape[-1]),
        depth_(request.inputs[0].shape[op.transpose_a ? -2 : -1]) {}

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(columns_) * sizeof(double);
  }
  std::string algorithm() const override { return "own:f64 sums"; }

  void run(const Launch& launch) override {
    auto* const sums = reinterpret_cast<double*>(launch.workspace);
    for (std::int64_t i = 0; i < rows_; ++i) {
      const float* const a = launch.input<float>(0) + i * a_.row;
      if (b_.column == 1)
        add_rows(a, launch.input<float>(1), sums);
      else
        multiply_columns(a, launch.input<float>(1), sums);
      float* const c = launch.result<float>() + i * columns_;
      for (std::int64_t j = 0; j < columns_; ++j) c[j] = static_cast<float>(sums[j]);
    }
  }

 private:
  /// The rows of b lie in one piece: sums = sum of a_p times row p.
  void add_rows(const float* a, const float* b, double* sums) const {
    std::fill_n(sums, columns_, 0.0);
    for (std::int64_t p = 0; p < depth_; ++p) {
      const double factor = a[p * a_.column];
      for (std::int64_t j = 0; j < columns_; ++j) sums[j] += factor * b[p * b_.row + j];
    }
  }

  /// The columns of b lie in one piece: a scalar product for each.
  void multiply_columns(const float* a, const float* b, double* sums) const {
    for (std::int64_t j = 0; j < columns_; ++j) {
      const float* const column = b + j * b_.column;
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t p = 0; p < depth_; ++p)
        sum += static_cast<double>(a[p * a_.column]) * column[p * b_.row];
      sums[j] = sum;
    }
  }

  MatrixSteps a_, b_;
  std::int64_t rows_, columns_, depth_;
};

}  // namespace

std::unique_ptr<Kernel> wide_matmul_kernel(const MatMul& op, const KernelRequest& request) {
  const std::int64_t depth = request.inputs[0].shape[op.transpose_a ? -2 : -1];
  const Shape& result = request.output.shape;
  const bool worth_it =
      depth >= least_depth && result[-2] <= most_rows && result.elements() <= most_products / depth;
  if (request.output.dtype != DType::f32 || matrices_of(result) != 1 || !worth_it) return nullptr;
  return std::make_unique<WideMatMulKernel>(op, request);
}

}  // namespace palimpsest
