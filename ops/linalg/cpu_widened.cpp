#include "ops/linalg/cpu_widened.h"

#include <algorithm>
#include <array>

#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

class WidenedKernel final : public Kernel {
 public:
  WidenedKernel(const KernelRequest& request, runtime::KernelTable::Factory prepare) {
    std::array<TensorType, 2> types;
    for (std::size_t k = 0; k < types.size(); ++k) {
      types[k] = {DType::f32, request.inputs[k].shape};
      if (request.inputs[k].dtype != DType::bf16) continue;
      elements_[k] = types[k].shape.elements();
      offsets_[k] = copy_bytes_;
      copy_bytes_ += (types[k].bytes() + 63) / 64 * 64;
    }
    constexpr std::array<const Literal*, 2> none{};
    inner_ =
        prepare({request.op, types, request.output, none, request.threads, request.reproducible});
  }

  std::size_t workspace_bytes() const override { return copy_bytes_ + inner_->workspace_bytes(); }
  std::size_t resident_bytes() const override { return inner_->resident_bytes(); }
  std::string algorithm() const override { return "widened " + inner_->algorithm(); }

  void run(const Launch& launch) override {
    std::array<const std::byte*, 2> inputs{launch.inputs[0], launch.inputs[1]};
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      if (elements_[k] == 0) continue;
      auto* copy = reinterpret_cast<float*>(launch.workspace + offsets_[k]);
      const auto* narrow = launch.input<bfloat16>(k);
      runtime::parallel_for(elements_[k], runtime::pointwise_grain,
                            [=](std::int64_t begin, std::int64_t end) {
                              std::transform(narrow + begin, narrow + end, copy + begin,
                                             [](bfloat16 x) { return static_cast<float>(x); });
                            });
      inputs[k] = reinterpret_cast<const std::byte*>(copy);
    }
    inner_->run({inputs, launch.output, launch.workspace + copy_bytes_});
  }

 private:
  std::unique_ptr<Kernel> inner_;
  std::array<std::int64_t, 2> elements_{};  ///< of operands to convert, else 0
  std::array<std::size_t, 2> offsets_{};
  std::size_t copy_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> widened_kernel(const KernelRequest& request,
                                       runtime::KernelTable::Factory prepare) {
  return std::make_unique<WidenedKernel>(request, prepare);
}

}  // namespace palimpsest
