#include "runtime/time_kernels.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <limits>

#include "graph/error.h"
#include "runtime/buffer.h"
#include "runtime/cpu/dispatch.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest::runtime {
namespace {

constexpr double enough_seconds = 0.2;
constexpr int least_rounds = 6, most_rounds = 40;
/// Rounds before a slow kernel is given up: one run may be disturbed.
constexpr int trial_rounds = 3;
constexpr double hopeless = 1.5;  // times the fastest
constexpr double never = std::numeric_limits<double>::infinity();

/// Seconds of a clock that other work on the machine disturbs least: the processor time of the
/// one thread that works, or time on the wall where several do.
double clock_seconds(int threads) {
  timespec now{};
  clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Numbers spread over [-1, 1): zeros and subnormal numbers could be faster or slower than data.
Literal made_up(const TensorType& type) {
  const auto bytes = Literal::allocate(type);
  with_stored(type.dtype, "timing kernels", [&](auto tag) {
    using T = typename decltype(tag)::type;
    auto* const values = reinterpret_cast<T*>(bytes.get());
    std::uint32_t state = 1;
    std::generate_n(values, type.shape.elements(), [&] {
      state = state * 1664525U + 1013904223U;
      return static_cast<T>(static_cast<float>(state >> 8) * 0x1p-23F - 1.0F);
    });
  });
  return {type, bytes};
}

/// The request's operands, a result, and room for whichever kernel needs most.
class Bench {
 public:
  Bench(const KernelRequest& request, std::span<const std::unique_ptr<Kernel>> kernels)
      : threads_(request.threads), output_(allocated(request.output.bytes())) {
    for (std::size_t k = 0; k < request.inputs.size(); ++k)
      operands_.push_back(request.constants[k] ? *request.constants[k]
                                               : made_up(request.inputs[k]));
    for (const Literal& operand : operands_) inputs_.push_back(operand.bytes());
    std::size_t bytes = 0;
    for (const auto& kernel : kernels) bytes = std::max(bytes, kernel->workspace_bytes());
    workspace_ = allocated(bytes);
  }

  double seconds_of(Kernel& kernel) const {
    const double start = clock_seconds(threads_);
    try {
      kernel.run({inputs_, output_.get(), workspace_.get()});
    } catch (const NumericError&) {
      return never;
    }
    return clock_seconds(threads_) - start;
  }

 private:
  int threads_;
  std::vector<Literal> operands_;
  std::vector<const std::byte*> inputs_;
  Buffer output_, workspace_;
};

}  // namespace

std::vector<double> least_seconds(const KernelRequest& request,
                                  std::span<const std::unique_ptr<Kernel>> kernels) {
  const ThreadScope threads(request.threads);
  const Bench bench(request, kernels);
  for (const auto& kernel : kernels) bench.seconds_of(*kernel);  // the first run fetches pages
  std::vector<double> least(kernels.size(), never);
  const double start = clock_seconds(request.threads);
  double best = never;
  for (int round = 0; round < most_rounds; ++round) {
    for (std::size_t k = 0; k < kernels.size(); ++k)
      if (round < trial_rounds || least[k] < hopeless * best)
        least[k] = std::min(least[k], bench.seconds_of(*kernels[k]));
    best = *std::ranges::min_element(least);
    const double spent = clock_seconds(request.threads) - start;
    if (round + 1 >= least_rounds && spent > enough_seconds) break;
  }
  return least;
}

}  // namespace palimpsest::runtime
