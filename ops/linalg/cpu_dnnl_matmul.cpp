#include <oneapi/dnnl/dnnl.hpp>

#include "ops/linalg/cpu_dnnl.h"
#include "ops/linalg/cpu_matmul.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using dnnl::memory;

/// op(x) as one batch of matrices; a transposition is a matter of strides.
DnnlTensor matrices(int argument, const TensorType& type, bool transposed) {
  const Shape& shape = type.shape;
  const std::int64_t rows = shape[-2], columns = shape[-1];
  DnnlTensor tensor{argument, {rows, columns}, {columns, 1}, type.dtype};
  if (transposed) {
    std::swap(tensor.dims[0], tensor.dims[1]);
    std::swap(tensor.strides[0], tensor.strides[1]);
  }
  const std::int64_t count = matrices_of(shape);
  if (count > 1) {
    tensor.dims.insert(tensor.dims.begin(), count);
    tensor.strides.insert(tensor.strides.begin(), rows * columns);
  }
  return tensor;
}

memory::desc in_place(const DnnlTensor& tensor, memory::data_type type) {
  return {tensor.dims, type, tensor.strides};
}

}  // namespace

std::unique_ptr<runtime::Kernel> dnnl_matmul_kernel(const MatMul& op,
                                                    const runtime::KernelRequest& request,
                                                    DnnlMatrices layout) {
  const Shape &a_shape = request.inputs[0].shape, &b_shape = request.inputs[1].shape;
  const bool empty = a_shape.elements() == 0 || b_shape.elements() == 0;
  if (request.output.dtype != DType::f32 || empty || !has_instructions_for(request)) return nullptr;
  const runtime::ThreadScope threads(request.threads);
  const DnnlTensor a = matrices(DNNL_ARG_SRC, request.inputs[0], op.transpose_a);
  const DnnlTensor b = matrices(DNNL_ARG_WEIGHTS, request.inputs[1], op.transpose_b);
  const DnnlTensor c = matrices(DNNL_ARG_DST, request.output, false);
  const auto type = static_cast<memory::data_type>(dnnl_type(operand_dtype(request)));
  const bool reordered = layout == DnnlMatrices::reordered;
  const auto described = [&](const DnnlTensor& tensor, bool free) {
    return free ? memory::desc(tensor.dims, type, memory::format_tag::any) : in_place(tensor, type);
  };
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  const dnnl::matmul::primitive_desc product(
      {described(a, reordered), described(b, reordered || request.constants[1]),
       in_place(c, memory::data_type::f32)},
      user_scratchpad(), engine, true);
  if (!product || is_reference(product)) return nullptr;
  return dnnl_kernel(engine, product, {a, b}, c, request);
}

}  // namespace palimpsest
