#include <cstring>
#include <utility>

#include "ops/linalg/cpu_matmul.h"
#include "runtime/cpu/widest.h"

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

/// One row of a, widened, and b. Products of two f32 are exact in f64, so only sums round; their
/// order is in the source.
struct WideProduct {
  const double* a;
  const float* b;
  std::int64_t depth, columns;
  std::int64_t step;  ///< of b: from row to row, or from column to column
  float* c;
};

constexpr std::int64_t width = 8;  // elements of a vector
using Wide [[gnu::vector_size(width * sizeof(double))]] = double;
using Narrow [[gnu::vector_size(width * sizeof(float))]] = float;

[[gnu::always_inline]] inline void load(const float* from, Wide& to) {
  Narrow narrow;
  std::memcpy(&narrow, from, sizeof(narrow));
  to = __builtin_convertvector(narrow, Wide);
}

/// The rows of b lie in one piece: c = sum of a_p times row p, for some vectors of columns at once.
template <int vectors>
[[gnu::always_inline]] inline void add_rows_of(const WideProduct& x, std::int64_t first) {
  Wide sums[vectors] = {};
  for (std::int64_t p = 0; p < x.depth; ++p)
    for (std::int64_t v = 0; v < vectors; ++v) {
      Wide row;
      load(x.b + p * x.step + first + v * width, row);
      sums[v] += x.a[p] * row;
    }
  for (std::int64_t v = 0; v < vectors; ++v)
    for (std::int64_t k = 0; k < width; ++k)
      x.c[first + v * width + k] = static_cast<float>(sums[v][k]);
}

[[gnu::always_inline]] inline void add_rows(const WideProduct& x) {
  std::int64_t j = 0;
  for (; j + 8 * width <= x.columns; j += 8 * width) add_rows_of<8>(x, j);
  for (; j + width <= x.columns; j += width) add_rows_of<1>(x, j);
  for (; j < x.columns; ++j) {
    double sum = 0;
    for (std::int64_t p = 0; p < x.depth; ++p)
      sum += x.a[p] * static_cast<double>(x.b[p * x.step + j]);
    x.c[j] = static_cast<float>(sum);
  }
}

/// The columns of b lie in one piece: scalar products with some of them at once.
template <int count>
[[gnu::always_inline]] inline void multiply_columns_of(const WideProduct& x, std::int64_t first) {
  Wide sums[count] = {};
  std::int64_t p = 0;
  for (; p + width <= x.depth; p += width) {
    Wide a;
    std::memcpy(&a, x.a + p, sizeof(a));
    for (std::int64_t j = 0; j < count; ++j) {
      Wide column;
      load(x.b + (first + j) * x.step + p, column);
      sums[j] += a * column;
    }
  }
  for (std::int64_t j = 0; j < count; ++j) {
    double sum = 0;
    for (std::int64_t q = p; q < x.depth; ++q)
      sum += x.a[q] * static_cast<double>(x.b[(first + j) * x.step + q]);
    for (std::int64_t k = 0; k < width; ++k) sum += sums[j][k];
    x.c[first + j] = static_cast<float>(sum);
  }
}

[[gnu::always_inline]] inline void multiply_columns(const WideProduct& x) {
  std::int64_t j = 0;
  for (; j + 8 <= x.columns; j += 8) multiply_columns_of<8>(x, j);
  for (; j < x.columns; ++j) multiply_columns_of<1>(x, j);
}

[[gnu::always_inline]] inline void multiply_by_rows(const WideProduct* x) { add_rows(*x); }
[[gnu::always_inline]] inline void multiply_by_columns(const WideProduct* x) {
  multiply_columns(*x);
}

class WideMatMulKernel final : public Kernel {
 public:
  WideMatMulKernel(const MatMul& op, const KernelRequest& request)
      : a_(request.inputs[0].shape, op.transpose_a),
        b_(request.inputs[1].shape, op.transpose_b),
        rows_(request.output.shape[-2]),
        columns_(request.output.shape[-1]),
        depth_(request.inputs[0].shape[op.transpose_a ? -2 : -1]),
        multiply_(b_.column == 1 ? runtime::widest<multiply_by_rows>()
                                 : runtime::widest<multiply_by_columns>()) {}

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(depth_) * sizeof(double);
  }
  std::string algorithm() const override { return "own:f64 sums"; }

  void run(const Launch& launch) override {
    auto* const wide = reinterpret_cast<double*>(launch.workspace);
    for (std::int64_t i = 0; i < rows_; ++i) {
      const float* const row = launch.input<float>(0) + i * a_.row;
      for (std::int64_t p = 0; p < depth_; ++p) wide[p] = static_cast<double>(row[p * a_.column]);
      const WideProduct product{wide,
                                launch.input<float>(1),
                                depth_,
                                columns_,
                                b_.column == 1 ? b_.row : b_.column,
                                launch.result<float>() + i * columns_};
      multiply_(&product);
    }
  }

 private:
  MatrixSteps a_, b_;
  std::int64_t rows_, columns_, depth_;
  void (*multiply_)(const WideProduct*);
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
