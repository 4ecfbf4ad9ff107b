#include "tests/support/run_kernel.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "runtime/cpu/parallel.h"
#include "tests/support/allocations.h"

namespace palimpsest::testing {
namespace {

/// Memory with a border behind it; `scribble` fills both with 0xFF, NaN in both float types.
class GuardedMemory {
 public:
  explicit GuardedMemory(std::size_t bytes)
      : bytes_(bytes + border),
        memory_(Literal::allocate({DType::boolean, Shape{static_cast<std::int64_t>(bytes_)}})) {}

  std::byte* data() const { return memory_.get(); }
  void scribble() const { std::memset(data(), 0xFF, bytes_); }
  void check_border() const {
    const bool whole = std::all_of(data() + bytes_ - border, data() + bytes_,
                                   [](std::byte b) { return b == std::byte{0xFF}; });
    if (!whole) throw std::logic_error("the kernel writes behind its memory");
  }

 private:
  static constexpr std::size_t border = 256;
  std::size_t bytes_;
  std::shared_ptr<std::byte> memory_;
};

/// Every run finds its memory scribbled over, as in an arena that others use in between.
Literal run_once(runtime::Kernel& kernel, const TensorType& type, const runtime::Launch& launch,
                 const GuardedMemory& output, const GuardedMemory& workspace) {
  output.scribble();
  workspace.scribble();
  kernel.run(launch);
  output.check_border();
  workspace.check_border();
  return Literal::copy_of(type, output.data());
}

}  // namespace

KernelResult run_kernel(const runtime::KernelTable& table, const Op& op,
                        const std::vector<Literal>& operands, const KernelRun& options) {
  const runtime::ThreadScope threads(options.threads);
  std::vector<TensorType> types;
  for (const Literal& operand : operands) types.push_back(operand.type());
  std::vector<const Literal*> constants(operands.size(), nullptr);
  for (const std::size_t k : options.constants) constants[k] = &operands[k];
  const TensorType type = op.infer(types);
  const auto kernel = table.find(op).prepare(
      {op, types, type, constants, options.threads, false, nullptr, options.choices});

  KernelResult result;
  std::vector<const std::byte*> inputs;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    result.absorbed.push_back(kernel->absorbs(k));
    inputs.push_back(kernel->absorbs(k) ? nullptr : operands[k].bytes());
  }
  result.algorithm = kernel->algorithm();
  result.resident_bytes = kernel->resident_bytes();

  const GuardedMemory output(type.bytes()), workspace(kernel->workspace_bytes());
  const runtime::Launch launch{inputs, output.data(), workspace.data()};
  result.value = run_once(*kernel, type, launch, output, workspace);
  if (!(run_once(*kernel, type, launch, output, workspace) == result.value))
    throw std::logic_error("the kernel gives other bits the second time");
  const std::size_t before = allocations();
  kernel->run(launch);
  result.allocations = allocations() - before;
  return result;
}

}  // namespace palimpsest::testing
