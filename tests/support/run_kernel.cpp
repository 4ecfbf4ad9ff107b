#include "tests/support/run_kernel.h"

#include <algorithm>
#include <cstring>

#include "runtime/cpu/parallel.h"
#include "tests/support/allocations.h"

namespace palimpsest::testing {
namespace {

/// Memory of 0xFF bytes (NaN in both float types) with a border behind it.
class GuardedMemory {
 public:
  explicit GuardedMemory(std::size_t bytes)
      : bytes_(bytes),
        memory_(
            Literal::allocate({DType::boolean, Shape{static_cast<std::int64_t>(bytes + border)}})) {
    std::memset(memory_.get(), 0xFF, bytes + border);
  }
  std::byte* data() const { return memory_.get(); }
  bool border_is_whole() const {
    return std::all_of(data() + bytes_, data() + bytes_ + border,
                       [](std::byte b) { return b == std::byte{0xFF}; });
  }

 private:
  static constexpr std::size_t border = 256;
  std::size_t bytes_;
  std::shared_ptr<std::byte> memory_;
};

Literal run_once(runtime::Kernel& kernel, const TensorType& type,
                 const std::vector<const std::byte*>& inputs, KernelResult& result) {
  const GuardedMemory output(type.bytes()), workspace(kernel.workspace_bytes());
  const std::size_t before = tests::allocations();
  kernel.run({inputs, output.data(), workspace.data()});
  result.allocations = tests::allocations() - before;
  if (!output.border_is_whole() || !workspace.border_is_whole())
    throw std::logic_error("the kernel writes behind its memory");
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
  const auto kernel = table.find(op).prepare({op, types, type, constants, options.threads});

  KernelResult result;
  std::vector<const std::byte*> inputs;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    result.absorbed.push_back(kernel->absorbs(k));
    inputs.push_back(kernel->absorbs(k) ? nullptr : operands[k].bytes());
  }
  result.algorithm = kernel->algorithm();
  result.resident_bytes = kernel->resident_bytes();
  result.value = run_once(*kernel, type, inputs, result);
  if (!(run_once(*kernel, type, inputs, result) == result.value))
    throw std::logic_error("the kernel gives other bits the second time");
  return result;
}

}  // namespace palimpsest::testing
