#pragma once
// oneDNN primitives as kernels: the one place that deals with its memory objects, layouts and
// scratchpads. oneDNN's own header stays in .cpp files.
// Nothing here allocates in run(); oneDNN itself keeps some twenty small nodes per execution
// for its map of arguments, which its interface gives no way to avoid.

#include <memory>
#include <vector>

#include "runtime/kernel.h"

namespace dnnl {
struct engine;
struct primitive_attr;
struct primitive_desc_base;
}  // namespace dnnl

namespace palimpsest {

/// A tensor, f32 or bf16, as the program stores it. A primitive may want it in another layout; the
/// kernel then reorders through its workspace.
struct DnnlTensor {
  int argument;  ///< oneDNN's number of it: DNNL_ARG_SRC, ...
  std::vector<std::int64_t> dims, strides;
  DType dtype = DType::f32;
  bool filter_blocks = false;  ///< a filter in blocks (ops/filter_layout.h); strides say nothing
};

/// Row-major.
DnnlTensor plain_tensor(int argument, const std::vector<std::int64_t>& dims,
                        DType dtype = DType::f32);

/// oneDNN's format of a filter [O, C, kernel...] in blocks, a dnnl::memory::format_tag. Of 1 to 3
/// kernel axes.
int dnnl_filter_blocks(std::size_t rank);

/// oneDNN's number of f32 or bf16, a dnnl::memory::data_type.
int dnnl_type(DType dtype);

/// In which dtype a product reads its operands: bf16 when one of them is stored so, else f32.
DType operand_dtype(const runtime::KernelRequest& request);

/// False when a product reads bf16 and this CPU has no instructions for that: oneDNN would be slow.
bool has_instructions_for(const runtime::KernelRequest& request);

/// Attributes that every primitive here is described with: scratch memory comes from the caller.
dnnl::primitive_attr user_scratchpad();

/// True for implementations that oneDNN only has for completeness; ours are faster.
bool is_reference(const dnnl::primitive_desc_base& primitive);

/// A kernel that computes the primitive. `operands` are in the order of the node's. Constant
/// operands are packed here, once, when the primitive wants another layout than the program's.
/// The primitive must have been described with user_scratchpad(), and within a ThreadScope of
/// as many threads as the request says. Throws DeviceError when oneDNN fails.
std::unique_ptr<runtime::Kernel> dnnl_kernel(const dnnl::engine& engine,
                                             const dnnl::primitive_desc_base& primitive,
                                             const std::vector<DnnlTensor>& operands,
                                             const DnnlTensor& result,
                                             const runtime::KernelRequest& request);

}  // namespace palimpsest
