#pragma once
// A constant filter is packed once, any other in every run: what our own convolutions share.

#include <vector>

#include "runtime/kernel.h"

namespace palimpsest {

/// A kernel whose operand 1 is an f32 filter that it reads in a form of its own.
class PackedFilterKernel : public runtime::Kernel {
 public:
  std::size_t workspace_bytes() const final {
    return packed_.empty() ? static_cast<std::size_t>(filter_floats()) * sizeof(float) : 0;
  }
  std::size_t resident_bytes() const final { return packed_.size() * sizeof(float); }
  bool absorbs(std::size_t operand) const final { return operand == 1 && !packed_.empty(); }

  /// Packs the filter if the request says that it is constant. To be called once, before run().
  void prepare(const runtime::KernelRequest& request) {
    const Literal* filter = request.constants[1];
    if (!filter) return;
    packed_.resize(static_cast<std::size_t>(filter_floats()));
    pack(filter->values<float>().data(), packed_.data());
  }

 protected:
  /// The packed filter of this run.
  const float* filter_of(const runtime::Launch& launch) const {
    if (!packed_.empty()) return packed_.data();
    auto* const packed = reinterpret_cast<float*>(launch.workspace);
    pack(launch.input<float>(1), packed);
    return packed;
  }

 private:
  virtual std::int64_t filter_floats() const = 0;  ///< of the packed form
  /// From [O, C / groups, places...].
  virtual void pack(const float* filter, float* packed) const = 0;

  std::vector<float> packed_;
};

/// A K, prepared.
template <class K, class... Arguments>
std::unique_ptr<runtime::Kernel> packed_filter_kernel(const runtime::KernelRequest& request,
                                                      Arguments&&... arguments) {
  auto kernel = std::make_unique<K>(std::forward<Arguments>(arguments)...);
  kernel->prepare(request);
  return kernel;
}

}  // namespace palimpsest
