#include <cstring>

#include "ops/cpu_kernels.h"
#include "ops/movement/cpu_strided_copy.h"
#include "ops/movement/movement.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using namespace runtime;
using cpu::CopyAxis;
using cpu::StridedCopy;

/// One axis for each of the result, in its row-major order; the source's strides are to be set.
std::vector<CopyAxis> axes_into(const Shape& result) {
  const std::vector<std::int64_t> strides = result.strides();
  std::vector<CopyAxis> axes;
  for (std::size_t i = 0; i < strides.size(); ++i)
    axes.push_back({result[static_cast<int>(i)], 0, strides[i]});
  return axes;
}

std::unique_ptr<Kernel> copy_kernel(const KernelRequest& request, const std::vector<CopyAxis>& axes,
                                    std::int64_t from_offset) {
  return make_kernel([copy = StridedCopy(axes, from_offset, 0, size_of(request.output.dtype))](
                         const Launch& launch) { copy.run(launch.inputs[0], launch.output); });
}

std::unique_ptr<Kernel> prepare_permute(const KernelRequest& request) {
  const auto& op = *request.op.as<Permute>();
  const std::vector<std::int64_t> strides = request.inputs[0].shape.strides();
  std::vector<CopyAxis> axes = axes_into(request.output.shape);
  for (std::size_t i = 0; i < axes.size(); ++i)
    axes[i].from_stride = strides[static_cast<std::size_t>(op.axes[i])];
  return copy_kernel(request, axes, 0);
}

std::unique_ptr<Kernel> prepare_broadcast(const KernelRequest& request) {
  const Shape& source = request.inputs[0].shape;
  const std::vector<std::int64_t> strides = source.strides();
  std::vector<CopyAxis> axes = axes_into(request.output.shape);
  for (std::size_t i = 0; i < axes.size(); ++i)
    axes[i].from_stride = source[static_cast<int>(i)] == 1 ? 0 : strides[i];
  return copy_kernel(request, axes, 0);
}

std::unique_ptr<Kernel> prepare_slice(const KernelRequest& request) {
  const auto& op = *request.op.as<Slice>();
  const std::vector<std::int64_t> strides = request.inputs[0].shape.strides();
  std::vector<CopyAxis> axes = axes_into(request.output.shape);
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    axes[i].from_stride = strides[i] * op.step[i];
    offset += strides[i] * op.start[i];
  }
  return copy_kernel(request, axes, offset);
}

std::unique_ptr<Kernel> prepare_reverse(const KernelRequest& request) {
  const auto& op = *request.op.as<Reverse>();
  std::vector<CopyAxis> axes = axes_into(request.output.shape);
  for (CopyAxis& axis : axes) axis.from_stride = axis.to_stride;
  std::int64_t offset = 0;
  for (const int axis : op.axes) {
    CopyAxis& turned = axes[static_cast<std::size_t>(axis)];
    offset += (turned.extent - 1) * turned.from_stride;
    turned.from_stride = -turned.from_stride;
  }
  return copy_kernel(request, axes, offset);
}

void clear(std::byte* bytes, std::size_t count) {
  parallel_for(static_cast<std::int64_t>(count), std::int64_t{1} << 18,
               [=](std::int64_t begin, std::int64_t end) {
                 std::memset(bytes + begin, 0, static_cast<std::size_t>(end - begin));
               });
}

std::unique_ptr<Kernel> prepare_pad(const KernelRequest& request) {
  const auto& op = *request.op.as<Pad>();
  const Shape& source = request.inputs[0].shape;
  const std::vector<std::int64_t> strides = source.strides();
  std::vector<CopyAxis> axes = axes_into(request.output.shape);
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    offset += axes[i].to_stride * op.low[i];
    axes[i] = {source[static_cast<int>(i)], strides[i], axes[i].to_stride * (op.interior[i] + 1)};
  }
  const StridedCopy copy(axes, 0, offset, size_of(request.output.dtype));
  return make_kernel([=, bytes = request.output.bytes()](const Launch& launch) {
    clear(launch.output, bytes);
    copy.run(launch.inputs[0], launch.output);
  });
}

std::unique_ptr<Kernel> prepare_concat(const KernelRequest& request) {
  const int axis = request.op.as<Concat>()->axis;
  const std::vector<std::int64_t> to_strides = request.output.shape.strides();
  std::vector<StridedCopy> copies;
  std::int64_t offset = 0;
  for (const TensorType& part : request.inputs) {
    std::vector<CopyAxis> axes = axes_into(part.shape);
    for (std::size_t i = 0; i < axes.size(); ++i)
      axes[i] = {axes[i].extent, axes[i].to_stride, to_strides[i]};
    copies.emplace_back(axes, 0, offset, size_of(part.dtype));
    offset += part.shape[axis] * to_strides[static_cast<std::size_t>(axis)];
  }
  return make_kernel([copies = std::move(copies)](const Launch& launch) {
    for (std::size_t i = 0; i < copies.size(); ++i) copies[i].run(launch.inputs[i], launch.output);
  });
}

}  // namespace

void add_movement_kernels(KernelTable& table) {
  table.add_view<Reshape>();
  table.add<Permute>(prepare_permute);
  table.add<Broadcast>(prepare_broadcast);
  table.add<Slice>(prepare_slice);
  table.add<Pad>(prepare_pad);
  table.add<Concat>(prepare_concat);
  table.add<Reverse>(prepare_reverse);
}

}  // namespace palimpsest
