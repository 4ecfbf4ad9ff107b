#pragma once
// A tiny kernel table on f32, and two primitives made to exercise what real kernels do
// rarely: packing a weight, needing scratch memory, refusing data.

#include <cstring>
#include <memory>

#include "graph/sources.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "runtime/kernel_table.h"

namespace palimpsest::testing {

/// y = x * w; the kernel packs w when it is a constant and goes through scratch memory.
struct Weighted {
  static constexpr std::string_view name = "weighted";
  static constexpr bool inert = true;
  TensorType infer(Types in) const { return in[0]; }
  bool operator==(const Weighted&) const = default;
};

/// y = x, unless x has a negative element.
struct Positive {
  static constexpr std::string_view name = "positive";
  static constexpr bool inert = true;
  TensorType infer(Types in) const { return in[0]; }
  bool operator==(const Positive&) const = default;
};

inline std::size_t count_of(const TensorType& type) {
  return static_cast<std::size_t>(type.shape.elements());
}

class WeightedKernel final : public runtime::Kernel {
 public:
  explicit WeightedKernel(const runtime::KernelRequest& request)
      : count_(count_of(request.output)) {
    if (const Literal* weight = request.constants[1])
      packed_.assign(weight->values<float>().begin(), weight->values<float>().end());
  }
  std::size_t workspace_bytes() const override { return count_ * sizeof(float); }
  std::size_t resident_bytes() const override { return packed_.size() * sizeof(float); }
  bool absorbs(std::size_t operand) const override { return operand == 1 && !packed_.empty(); }
  std::string algorithm() const override { return packed_.empty() ? "plain" : "packed"; }
  void run(const runtime::Launch& launch) override {
    const float* weight = packed_.empty() ? launch.input<float>(1) : packed_.data();
    auto* scratch = reinterpret_cast<float*>(launch.workspace);
    for (std::size_t i = 0; i < count_; ++i) scratch[i] = launch.input<float>(0)[i] * weight[i];
    std::memcpy(launch.output, scratch, workspace_bytes());
  }

 private:
  std::size_t count_;
  std::vector<float> packed_;
};

template <class P>
std::unique_ptr<runtime::Kernel> toy_binary(const runtime::KernelRequest& request) {
  return runtime::make_kernel([count = count_of(request.output)](const runtime::Launch& launch) {
    for (std::size_t i = 0; i < count; ++i)
      launch.result<float>()[i] = P::apply(launch.input<float>(0)[i], launch.input<float>(1)[i]);
  });
}

template <class P>
std::unique_ptr<runtime::Kernel> toy_unary(const runtime::KernelRequest& request) {
  return runtime::make_kernel([count = count_of(request.output)](const runtime::Launch& launch) {
    for (std::size_t i = 0; i < count; ++i)
      launch.result<float>()[i] = P::apply(launch.input<float>(0)[i]);
  });
}

/// Of a tensor of one element only.
inline std::unique_ptr<runtime::Kernel> toy_broadcast(const runtime::KernelRequest& request) {
  return runtime::make_kernel([count = count_of(request.output)](const runtime::Launch& launch) {
    std::fill_n(launch.result<float>(), count, launch.input<float>(0)[0]);
  });
}

/// Over all axes only.
inline std::unique_ptr<runtime::Kernel> toy_sum(const runtime::KernelRequest& request) {
  return runtime::make_kernel([count = count_of(request.inputs[0])](const runtime::Launch& launch) {
    float sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += launch.input<float>(0)[i];
    launch.result<float>()[0] = sum;
  });
}

inline std::unique_ptr<runtime::Kernel> toy_positive(const runtime::KernelRequest& request) {
  return runtime::make_kernel([count = count_of(request.output)](const runtime::Launch& launch) {
    for (std::size_t i = 0; i < count; ++i) {
      if (launch.input<float>(0)[i] < 0) throw NumericError("positive: a negative element came");
      launch.result<float>()[i] = launch.input<float>(0)[i];
    }
  });
}

inline runtime::KernelTable toy_kernels() {
  using runtime::Aliasing;
  runtime::KernelTable table;
  table.add<Add>(toy_binary<Add>, Aliasing::inplace);
  table.add<Mul>(toy_binary<Mul>, Aliasing::inplace);
  table.add<Sub>(toy_binary<Sub>);
  table.add<Neg>(toy_unary<Neg>, Aliasing::inplace);
  table.add<Exp>(toy_unary<Exp>);
  table.add<Broadcast>(toy_broadcast);
  table.add<ReduceSum>(toy_sum);
  table.add<Positive>(toy_positive);
  table.add<Weighted>(
      [](const runtime::KernelRequest& request) -> std::unique_ptr<runtime::Kernel> {
        return std::make_unique<WeightedKernel>(request);
      });
  table.add_view<Reshape>();
  return table;
}

}  // namespace palimpsest::testing
