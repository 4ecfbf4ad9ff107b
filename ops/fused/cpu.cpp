// Kernels of fused nodes: chains of elementwise primitives that end in a tensor, or in
// reductions along the same axes.

#include "ops/cpu_kernels.h"
#include "ops/fused/cpu_terms.h"
#include "ops/fused/cpu_tiles.h"
#include "ops/reduce/cpu_reduction.h"
#include "ops/reduce/reduce.h"

namespace palimpsest {
namespace {

using namespace runtime;
using cpu::TileProgram;

// An element is in the vectorised part of a loop here exactly when it is in the unfused kernel.
static_assert(pointwise_grain % TileProgram::tile == 0);

class FusedKernel final : public Kernel {
 public:
  FusedKernel(const FusedPointwise& op, const KernelRequest& request)
      : count_(op.shape.elements()),
        threads_(request.threads),
        program_(op.body, request.inputs, op.value_types(request.inputs), op.shape, {},
                 TileProgram::Last::result) {}

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(threads_) * program_.scratch_bytes();
  }

  void run(const Launch& launch) override {
    parallel_for(count_, pointwise_grain, [&](std::int64_t begin, std::int64_t end) {
      const auto thread = static_cast<std::size_t>(runtime::thread_in_scope());
      std::byte* scratch = launch.workspace + thread * program_.scratch_bytes();
      program_.begin(scratch);
      for (std::int64_t at = begin; at < end; at += TileProgram::tile)
        program_.run(launch.inputs, scratch, at, std::min(TileProgram::tile, end - at),
                     launch.output);
    });
  }

 private:
  std::int64_t count_;
  int threads_;
  TileProgram program_;
};

std::unique_ptr<Kernel> prepare_fused(const KernelRequest& request) {
  return std::make_unique<FusedKernel>(*request.op.as<FusedPointwise>(), request);
}

class FusedReductionKernel final : public Kernel {
 public:
  FusedReductionKernel(const FusedReduction& op, const KernelRequest& request)
      : FusedReductionKernel(op, request, cpu::terms_program(op, request.inputs)) {}

  std::size_t workspace_bytes() const override {
    return reduction_bytes_ + static_cast<std::size_t>(threads_) * program_.scratch_bytes();
  }

  void run(const Launch& launch) override {
    std::array<std::byte*, FusedReduction::max_results> y{};
    for (std::size_t k = 0; k < reads_.size(); ++k) y[k] = launch.output + k * result_bytes_;
    const auto source = [&](std::size_t thread) {
      std::byte* scratch = launch.workspace + reduction_bytes_ + thread * program_.scratch_bytes();
      program_.begin(scratch);
      return [&, scratch](std::size_t k, std::int64_t begin, std::int64_t count) {
        if (k == 0) program_.run(launch.inputs, scratch, begin, count);
        return cpu::Terms{program_.value(reads_[k].a, launch.inputs, scratch, begin),
                          program_.value(reads_[k].b, launch.inputs, scratch, begin)};
      };
    };
    reductions_.run(source, y.data(), launch.workspace);
  }

 private:
  FusedReductionKernel(const FusedReduction& op, const KernelRequest& request,
                       const cpu::TermsProgram& terms)
      : reads_(terms.reads),
        program_(terms.body, request.inputs,
                 FusedReduction{terms.body, {}, op.shape}.value_types(request.inputs), op.shape,
                 terms.values(), TileProgram::Last::scratch),
        reductions_(cpu::ReductionLayout(op.shape, op.axes()), loops_of(op, request, terms),
                    request.threads),
        reduction_bytes_((reductions_.workspace_bytes() + 63) / 64 * 64),
        result_bytes_(request.output.bytes() / reads_.size()),
        threads_(request.threads) {}

  static std::vector<cpu::ReductionLoops> loops_of(const FusedReduction& op,
                                                   const KernelRequest& request,
                                                   const cpu::TermsProgram& terms) {
    std::vector<cpu::ReductionLoops> loops;
    for (std::size_t k = 0; k < terms.reads.size(); ++k)
      loops.push_back(
          cpu::reduction_loops(op.reductions[k].op, request.output.dtype, terms.reads[k].kind));
    return loops;
  }

  std::vector<cpu::TermsRead> reads_;
  TileProgram program_;
  cpu::Reductions reductions_;
  std::size_t reduction_bytes_, result_bytes_;
  int threads_;
};

static_assert(cpu::Reductions::tile <= TileProgram::tile);

std::unique_ptr<Kernel> prepare_fused_reduction(const KernelRequest& request) {
  return std::make_unique<FusedReductionKernel>(*request.op.as<FusedReduction>(), request);
}

}  // namespace

void add_fused_kernels(KernelTable& table) {
  // The pass that forms fused nodes leaves no operand of the result's size but of its type.
  table.add<FusedPointwise>(prepare_fused, Aliasing::inplace);
  table.add<FusedReduction>(prepare_fused_reduction);
}

}  // namespace palimpsest
