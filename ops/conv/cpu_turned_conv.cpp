#include <algorithm>
#include <array>
#include <optional>

#include "ops/conv/cpu_conv.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;

/// The convolution that maps ct to ct of x; nothing where a padding would be negative.
std::optional<ConvGeometry> turned_geometry(const ConvGeometry& g) {
  if (!has_unit_strides(g) || g.groups != 1) return std::nullopt;
  ConvGeometry turned = g;
  std::swap(turned.input, turned.output);
  turned.filter = g.filter.with(0, g.filter[1]).with(1, g.filter[0]);
  for (std::size_t axis = 0; axis < g.stride.size(); ++axis) {
    const std::int64_t reach = (g.filter[static_cast<int>(axis) + 2] - 1) * g.dilation[axis];
    turned.pad_low[axis] = reach - g.pad_low[axis];
    turned.pad_high[axis] = g.input[static_cast<int>(axis) + 2] - 1 + g.pad_low[axis] -
                            (g.output[static_cast<int>(axis) + 2] - 1);
    if (turned.pad_low[axis] < 0 || turned.pad_high[axis] < 0) return std::nullopt;
  }
  return turned;
}

/// [O, I, places...] -> [I, O, places...], the places in reverse order.
Literal turned_filter(const Literal& filter, const Shape& shape) {
  const std::int64_t outputs = filter.shape()[0], inputs = filter.shape()[1];
  const std::int64_t places = spatial_volume(shape);
  const TensorType type{DType::f32, shape};
  const auto bytes = Literal::allocate(type);
  auto* to = reinterpret_cast<float*>(bytes.get());
  const float* const from = filter.values<float>().data();
  for (std::int64_t i = 0; i < inputs; ++i)
    for (std::int64_t o = 0; o < outputs; ++o, to += places)
      std::reverse_copy(from + (o * inputs + i) * places, from + (o * inputs + i + 1) * places, to);
  return {type, bytes};
}

}  // namespace

std::unique_ptr<Kernel> turned_conv_kernel(const ConvGeometry& g, ConvRole role,
                                           const KernelRequest& request, DnnlConv form) {
  if (role != ConvRole::input_grad || g.filter_blocks || !request.constants[1] ||
      request.inputs[0].dtype != DType::f32 || request.inputs[1].dtype != DType::f32)
    return nullptr;
  const std::optional<ConvGeometry> turned = turned_geometry(g);
  if (!turned) return nullptr;
  const auto turn = [&] { return turned_filter(*request.constants[1], turned->filter); };
  // Kernels of one program that turn the same filter share it, and so what they pack of it.
  const std::shared_ptr<Literal> filter =
      request.packed ? request.packed->find_or_make<Literal>(*request.constants[1], "turned", turn)
                     : std::make_shared<Literal>(turn());
  const std::array types{request.inputs[0], filter->type()};
  const std::array<const Literal*, 2> constants{nullptr, filter.get()};
  KernelRequest forward{request.op, types, request.output, constants};
  forward.threads = request.threads;
  forward.packed = request.packed;
  auto kernel = dnnl_conv_kernel(*turned, ConvRole::forward, forward, form);
  // One that reads the program's filter in every run would read it unturned.
  return kernel && kernel->absorbs(1) ? std::move(kernel) : nullptr;
}

}  // namespace palimpsest
