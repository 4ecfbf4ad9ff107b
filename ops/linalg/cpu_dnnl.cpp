#include "ops/linalg/cpu_dnnl.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "graph/error.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;

/// Where a memory object finds its bytes in a launch.
enum class Place { operand, result, copy, scratchpad };

/// A memory object without bytes of its own, pointed to those of the launch.
struct BoundMemory {
  dnnl::memory memory;
  Place place;
  std::size_t offset;  ///< number of the operand, or bytes into the copies
  const std::byte* bytes = nullptr;
};

/// One primitive and its arguments. oneDNN's C++ call builds a map at every execution, so the
/// C call is used with a list built once.
struct Step {
  dnnl::primitive primitive;
  std::vector<dnnl_exec_arg_t> arguments;
};

void check(dnnl_status_t status, std::string_view what) {
  if (status != dnnl_success) throw DeviceError(text("oneDNN: ", what, " failed: status ", status));
}

dnnl::memory::desc layout_of(const DnnlTensor& tensor) {
  const auto type = static_cast<dnnl::memory::data_type>(dnnl_type(tensor.dtype));
  if (tensor.filter_blocks)
    return {tensor.dims, type,
            static_cast<dnnl::memory::format_tag>(dnnl_filter_blocks(tensor.dims.size()))};
  return {tensor.dims, type, tensor.strides};
}

class DnnlKernel final : public Kernel {
 public:
  DnnlKernel(const dnnl::engine& engine, const dnnl::primitive_desc_base& descriptor,
             const std::vector<DnnlTensor>& operands, const DnnlTensor& result,
             const KernelRequest& request)
      : engine_(engine),
        stream_(engine),
        absorbed_(operands.size(), false),
        threads_(request.threads) {
    algorithm_ = text("dnnl:", descriptor.impl_info_str());
    std::vector<dnnl_exec_arg_t> arguments;
    for (std::size_t k = 0; k < operands.size(); ++k)
      arguments.push_back(
          {operands[k].argument, operand(k, operands[k], descriptor, request).get()});

    const dnnl::memory::desc stored = layout_of(result);
    const dnnl::memory::desc wanted = wanted_layout(descriptor, result);
    const dnnl::memory output = bind(stored, Place::result, 0);
    const dnnl::memory computed = wanted == stored ? output : in_workspace(wanted);
    arguments.push_back({result.argument, computed.get()});
    add_step(descriptor, std::move(arguments));
    if (!(wanted == stored)) add_reorder(computed, output);
  }

  std::size_t workspace_bytes() const override { return copy_bytes_ + scratchpad_bytes_; }
  std::size_t resident_bytes() const override { return resident_bytes_; }
  bool absorbs(std::size_t operand) const override { return absorbed_[operand]; }
  std::string algorithm() const override { return algorithm_; }

  void run(const Launch& launch) override {
    const runtime::ThreadScope threads(threads_);
    for (BoundMemory& bound : memories_) point(bound, launch);
    for (const Step& step : steps_)
      check(dnnl_primitive_execute(step.primitive.get(), stream_.get(),
                                   static_cast<int>(step.arguments.size()), step.arguments.data()),
            algorithm_);
  }

 private:
  /// The memory that the primitive reads for an operand: the program's, or a reordered copy,
  /// made now when the operand is a constant and in every run otherwise.
  dnnl::memory operand(std::size_t number, const DnnlTensor& tensor,
                       const dnnl::primitive_desc_base& descriptor, const KernelRequest& request) {
    const dnnl::memory::desc stored = layout_of(tensor);
    const dnnl::memory::desc wanted = wanted_layout(descriptor, tensor);
    if (wanted == stored) return bind(stored, Place::operand, number);
    if (request.constants[number]) {
      absorbed_[number] = true;
      return packed(stored, wanted, *request.constants[number], request.packed);
    }
    const dnnl::memory original = bind(stored, Place::operand, number);
    dnnl::memory copy = in_workspace(wanted);
    add_reorder(original, copy);
    return copy;
  }

  /// Reordered once, and shared with other kernels of the program that want the same.
  dnnl::memory packed(const dnnl::memory::desc& stored, const dnnl::memory::desc& wanted,
                      const Literal& constant, runtime::PackedConstants* shared) {
    const auto reordered = [&] {
      dnnl::memory original(stored, engine_, const_cast<std::byte*>(constant.bytes()));
      dnnl::memory copy(wanted, engine_);
      dnnl::reorder(original, copy).execute(stream_, original, copy);
      resident_bytes_ += wanted.get_size();
      return copy;
    };
    packed_.push_back(shared ? *shared->find_or_make<dnnl::memory>(
                                   constant, bytes_of(stored) + bytes_of(wanted), reordered)
                             : reordered());
    return packed_.back();
  }

  static std::string bytes_of(const dnnl::memory::desc& layout) {
    return {reinterpret_cast<const char*>(&layout.data), sizeof layout.data};
  }

  dnnl::memory bind(const dnnl::memory::desc& layout, Place place, std::size_t offset) {
    memories_.push_back({dnnl::memory(layout, engine_, DNNL_MEMORY_NONE), place, offset, nullptr});
    return memories_.back().memory;
  }

  dnnl::memory in_workspace(const dnnl::memory::desc& layout) {
    const std::size_t offset = copy_bytes_;
    copy_bytes_ += (layout.get_size() + 63) / 64 * 64;
    return bind(layout, Place::copy, offset);
  }

  void add_reorder(const dnnl::memory& from, const dnnl::memory& to) {
    const dnnl::reorder::primitive_desc descriptor(from, to, user_scratchpad());
    add_step(descriptor, {{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, to.get()}});
  }

  /// Steps run one after the other, so they share one scratchpad, behind all copies.
  void add_step(const dnnl::primitive_desc_base& descriptor,
                std::vector<dnnl_exec_arg_t> arguments) {
    const dnnl::memory::desc scratchpad = descriptor.scratchpad_desc();
    if (scratchpad.get_size() > 0) {
      scratchpad_bytes_ = std::max(scratchpad_bytes_, scratchpad.get_size());
      arguments.push_back({DNNL_ARG_SCRATCHPAD, bind(scratchpad, Place::scratchpad, 0).get()});
    }
    steps_.push_back({dnnl::primitive(descriptor.get()), std::move(arguments)});
  }

  static dnnl::memory::desc wanted_layout(const dnnl::primitive_desc_base& descriptor,
                                          const DnnlTensor& tensor) {
    return descriptor.query_md(dnnl::query::exec_arg_md, tensor.argument);
  }

  const std::byte* place_of(const BoundMemory& bound, const Launch& launch) const {
    switch (bound.place) {
      case Place::operand:
        return launch.inputs[bound.offset];
      case Place::result:
        return launch.output;
      case Place::copy:
        return launch.workspace + bound.offset;
      case Place::scratchpad:
        return launch.workspace + copy_bytes_;
    }
    return nullptr;
  }

  /// Tensors keep their place from run to run; only what a program swaps with its state moves.
  void point(BoundMemory& bound, const Launch& launch) const {
    const std::byte* bytes = place_of(bound, launch);
    if (bytes == bound.bytes) return;
    // oneDNN takes operands, too, through pointers to mutable bytes.
    check(dnnl_memory_set_data_handle(bound.memory.get(), const_cast<std::byte*>(bytes)),
          "binding memory");
    bound.bytes = bytes;
  }

  dnnl::engine engine_;  // kept, because primitives point to it
  dnnl::stream stream_;
  std::vector<BoundMemory> memories_;
  std::vector<dnnl::memory> packed_;  // kept alive: steps hold plain pointers
  std::vector<Step> steps_;
  std::vector<bool> absorbed_;
  std::size_t copy_bytes_ = 0, scratchpad_bytes_ = 0, resident_bytes_ = 0;
  int threads_;
  std::string algorithm_;
};

}  // namespace

DnnlTensor plain_tensor(int argument, const std::vector<std::int64_t>& dims, DType dtype) {
  return {argument, dims, Shape(dims).strides(), dtype};
}

int dnnl_filter_blocks(std::size_t rank) {
  return rank == 3 ? dnnl_ABc16b16a : rank == 4 ? dnnl_ABcd16b16a : dnnl_ABcde16b16a;
}

int dnnl_type(DType dtype) { return dtype == DType::bf16 ? dnnl_bf16 : dnnl_f32; }

DType operand_dtype(const KernelRequest& request) {
  const bool narrow = std::ranges::any_of(
      request.inputs, [](const TensorType& type) { return type.dtype == DType::bf16; });
  return narrow ? DType::bf16 : DType::f32;
}

bool has_instructions_for(const KernelRequest& request) {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto wanted = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_bf16);
  return operand_dtype(request) == DType::f32 || (isa & wanted) == wanted;
}

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

bool is_reference(const dnnl::primitive_desc_base& primitive) {
  const std::string name = primitive.impl_info_str();
  return name.find("ref") != std::string::npos || name.find("simple") != std::string::npos;
}

std::unique_ptr<Kernel> dnnl_kernel(const dnnl::engine& engine,
                                    const dnnl::primitive_desc_base& primitive,
                                    const std::vector<DnnlTensor>& operands,
                                    const DnnlTensor& result, const KernelRequest& request) {
  try {
    return std::make_unique<DnnlKernel>(engine, primitive, operands, result, request);
  } catch (const dnnl::error& error) {
    throw DeviceError(text("oneDNN: preparing '", request.op.name(), "': ", error.what()));
  }
}

}  // namespace palimpsest
