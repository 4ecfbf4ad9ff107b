// The kernel of FusedRows: blocks of rows in parallel.

#include "ops/cpu_kernels.h"
#include "ops/fused/cpu_rows.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using namespace runtime;

class FusedRowsKernel final : public Kernel {
 public:
  explicit FusedRowsKernel(const KernelRequest& request)
      : program_(*request.op.as<FusedRows>(), request.inputs), threads_(request.threads) {}

  std::size_t workspace_bytes() const override {
    return static_cast<std::size_t>(threads_) * program_.scratch_bytes();
  }

  void run(const Launch& launch) override {
    const std::int64_t at_once = program_.rows_at_once();
    const std::int64_t blocks = pointwise_grain / (4 * at_once * program_.row_length());
    const std::int64_t grain = at_once * std::max<std::int64_t>(1, blocks);
    parallel_for(program_.rows(), grain, [&](std::int64_t begin, std::int64_t end) {
      const auto thread = static_cast<std::size_t>(runtime::thread_in_scope());
      std::byte* scratch = launch.workspace + thread * program_.scratch_bytes();
      program_.begin(launch.inputs, scratch);
      for (std::int64_t row = begin; row < end; row += at_once)
        program_.run(launch.inputs, launch.output, scratch, row, std::min(at_once, end - row));
    });
  }

 private:
  cpu::RowProgram program_;
  int threads_;
};

std::unique_ptr<Kernel> prepare_fused_rows(const KernelRequest& request) {
  return std::make_unique<FusedRowsKernel>(request);
}

std::size_t part_offset(const Op& op, const TensorType& part) {
  return static_cast<std::size_t>(op.as<Part>()->first) * size_of(part.dtype);
}

}  // namespace

void add_row_kernels(KernelTable& table) {
  // One result is written by the last instruction, which reads an element before that; the pass
  // that forms fused nodes leaves no operand of the result's size but of its type.
  table.add<FusedRows>(prepare_fused_rows, Aliasing::inplace);
  table.add_view<Part>(part_offset);
}

}  // namespace palimpsest
