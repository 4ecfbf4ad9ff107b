#pragma once
// What a device does for one node. A kernel is prepared once, when a program is compiled:
// there it may pack weights, choose algorithms and allocate. Running it may do none of these.

#include <cstddef>
#include <memory>
#include <span>

#include "graph/literal.h"
#include "graph/op.h"
#include "runtime/packed_constants.h"

namespace palimpsest::runtime {

class KernelChoices;

/// What is known when a kernel is prepared; nothing it refers to outlives that call.
struct KernelRequest {
  const Op& op;
  std::span<const TensorType> inputs;
  const TensorType& output;
  /// The data of operands that are constants of the program; null for the others.
  std::span<const Literal* const> constants;
  int threads = 1;
  /// Results must not depend on `threads`; what splits sums among them must not.
  bool reproducible = false;
  /// Of the program that is being prepared; null: nothing is shared.
  PackedConstants* packed = nullptr;
  /// What is known of the fastest algorithms; null: kernels go by their rules.
  KernelChoices* choices = nullptr;
};

/// Where the tensors of one launch lie, on the device of the kernel.
struct Launch {
  std::span<const std::byte* const> inputs;
  std::byte* output = nullptr;
  std::byte* workspace = nullptr;

  template <class T>
  const T* input(std::size_t operand) const {
    return reinterpret_cast<const T*>(inputs[operand]);
  }
  template <class T>
  T* result() const {
    return reinterpret_cast<T*>(output);
  }
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  /// Scratch bytes that run() needs; planned into the program's arena, 64-byte aligned.
  virtual std::size_t workspace_bytes() const { return 0; }
  /// Bytes the kernel itself keeps for its lifetime (packed weights).
  virtual std::size_t resident_bytes() const { return 0; }
  /// True when the operand is read only while preparing (a packed weight), so that the
  /// program need not keep it.
  virtual bool absorbs(std::size_t /*operand*/) const { return false; }
  /// Name of the algorithm chosen, for inspection ("dnnl:jit:avx512", "gemm").
  virtual std::string algorithm() const { return "own"; }
  /// Computes the node. Allocates nothing. Throws NumericError on data it must refuse.
  virtual void run(const Launch& launch) = 0;
};

/// Wraps a callable as a kernel: `make_kernel([=](const Launch& launch) { ... })`.
template <class F>
std::unique_ptr<Kernel> make_kernel(F run) {
  struct Callable final : Kernel {
    explicit Callable(F f) : body(std::move(f)) {}
    void run(const Launch& launch) override { body(launch); }
    F body;
  };
  return std::make_unique<Callable>(std::move(run));
}

}  // namespace palimpsest::runtime
