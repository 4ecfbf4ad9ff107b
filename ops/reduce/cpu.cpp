#include <algorithm>
#include <array>

#include "ops/cpu_kernels.h"
#include "ops/reduce/cpu_along_axis.h"
#include "ops/reduce/cpu_reduction.h"
#include "ops/reduce/reduce.h"
#include "runtime/cpu/dispatch.h"

namespace palimpsest {
namespace {

using namespace runtime;

/// A reduction of what lies in memory.
class ReductionKernel final : public Kernel {
 public:
  ReductionKernel(const cpu::ReductionLoops& loops, cpu::ReductionLayout layout, int threads)
      : size_(loops.stored), reductions_(std::move(layout), {loops}, threads) {}

  std::size_t workspace_bytes() const override { return reductions_.workspace_bytes(); }

  void run(const Launch& launch) override {
    const std::byte* x = launch.inputs[0];
    const auto source = [x, size = size_](std::size_t) {
      return [x, size](std::size_t, std::int64_t begin, std::int64_t) {
        return cpu::Terms{x + static_cast<std::size_t>(begin) * size};
      };
    };
    reductions_.run(source, &launch.output, launch.workspace);
  }

 private:
  std::size_t size_;
  cpu::Reductions reductions_;
};

template <class P>
std::unique_ptr<Kernel> prepare_reduction(const KernelRequest& request) {
  return std::make_unique<ReductionKernel>(
      cpu::reduction_loops(request.op, request.output.dtype, {request.output.dtype}),
      cpu::ReductionLayout(request.inputs[0].shape, request.op.as<P>()->axes), request.threads);
}

/// Prefix sums accumulate as sums do: floats in f64, integers wrapping around.
template <class T>
using RunningSum = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;

/// Prefix sums of `width` neighbouring lines; y may lie on x.
template <class T>
void scan_bundle(const CumSum& op, const cpu::AlongAxis& lines, const T* x, T* y,
                 std::int64_t width) {
  const bool forward = op.direction == Direction::forward, inclusive = op.scan == Scan::inclusive;
  std::array<RunningSum<T>, cpu::AlongAxis::widest> sums{};
  auto* sum = sums.data();
  for (std::int64_t k = 0; k < lines.extent; ++k) {
    const std::int64_t row = (forward ? k : lines.extent - 1 - k) * lines.stride;
    for (std::int64_t c = 0; c < width; ++c) {
      const T before = static_cast<T>(sum[c]);
      sum[c] += static_cast<RunningSum<T>>(x[row + c]);
      y[row + c] = inclusive ? static_cast<T>(sum[c]) : before;
    }
  }
}

std::unique_ptr<Kernel> prepare_cumsum(const KernelRequest& request) {
  const auto& op = *request.op.as<CumSum>();
  return with_number(request.output.dtype, CumSum::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const cpu::AlongAxis lines(request.inputs[0].shape, op.axis);
    return make_kernel([=](const Launch& launch) {
      const T* x = launch.input<T>(0);
      T* y = launch.result<T>();
      lines.for_each_bundle([=](std::int64_t first, std::int64_t width) {
        scan_bundle(op, lines, x + first, y + first, width);
      });
    });
  });
}

/// True when a comes before b in falling order; NaN is the largest number.
template <class T>
bool beats(T a, T b) {
  return b == b && (a != a || b < a);
}

/// Positions of the maxima of `width` neighbouring lines.
template <class T>
void argmax_bundle(Tie tie, const cpu::AlongAxis& lines, const T* x, std::int64_t* best,
                   std::int64_t width) {
  std::fill_n(best, width, 0);
  for (std::int64_t k = 1; k < lines.extent; ++k)
    for (std::int64_t c = 0; c < width; ++c) {
      const T candidate = x[k * lines.stride + c], leader = x[best[c] * lines.stride + c];
      if (beats(candidate, leader) || (tie == Tie::last && !beats(leader, candidate))) best[c] = k;
    }
}

std::unique_ptr<Kernel> prepare_argmax(const KernelRequest& request) {
  const auto& op = *request.op.as<ArgMax>();
  return with_number(request.inputs[0].dtype, ArgMax::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const cpu::AlongAxis lines(request.inputs[0].shape, op.axis);
    return make_kernel([=, tie = op.tie](const Launch& launch) {
      const T* x = launch.input<T>(0);
      auto* y = launch.result<std::int64_t>();
      lines.for_each_bundle([=](std::int64_t first, std::int64_t width) {
        argmax_bundle(tie, lines, x + first, y + lines.result_index(first), width);
      });
    });
  });
}

/// Selects within the k places of the result: a heap whose root is the weakest of the best
/// k so far, so that nothing else need be stored.
template <class T>
void select_top(const T* x, std::int64_t extent, std::int64_t* best, std::int64_t k) {
  const auto before = [x](std::int64_t a, std::int64_t b) {
    return beats(x[a], x[b]) || (!beats(x[b], x[a]) && a < b);
  };
  for (std::int64_t i = 0; i < k; ++i) best[i] = i;
  std::make_heap(best, best + k, before);
  for (std::int64_t i = k; i < extent && k > 0; ++i) {
    if (!before(i, best[0])) continue;
    std::pop_heap(best, best + k, before);
    best[k - 1] = i;
    std::push_heap(best, best + k, before);
  }
  std::sort_heap(best, best + k, before);
}

std::unique_ptr<Kernel> prepare_top_k(const KernelRequest& request) {
  const std::int64_t k = request.op.as<TopK>()->k;
  return with_number(request.inputs[0].dtype, TopK::name, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const cpu::AlongAxis lines(request.inputs[0].shape, request.inputs[0].shape.rank() - 1);
    return make_kernel([=](const Launch& launch) {
      const T* x = launch.input<T>(0);
      auto* y = launch.result<std::int64_t>();
      lines.for_each_bundle([=](std::int64_t first, std::int64_t) {
        select_top(x + first, lines.extent, y + lines.result_index(first) * k, k);
      });
    });
  });
}

}  // namespace

void add_reduce_kernels(KernelTable& table) {
  table.add<ReduceSum>(prepare_reduction<ReduceSum>);
  table.add<ReduceMax>(prepare_reduction<ReduceMax>);
  table.add<CumSum>(prepare_cumsum, Aliasing::inplace);
  table.add<ArgMax>(prepare_argmax);
  table.add<TopK>(prepare_top_k);
}

}  // namespace palimpsest
