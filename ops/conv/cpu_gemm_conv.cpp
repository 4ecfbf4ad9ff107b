#include "ops/conv/cpu_conv.h"

#include <algorithm>
#include <cstring>

#include "ops/linalg/cpu_gemm.h"
#include "ops/movement/cpu_strided_copy.h"
#include "runtime/cpu/dispatch.h"
#include "runtime/cpu/parallel.h"

namespace palimpsest {
namespace {

using runtime::Kernel;
using runtime::KernelRequest;
using runtime::Launch;
using Strides = std::vector<std::int64_t>;

/// A copy of a tensor [N, C, from...] into zeros [N, C, to...]: place p of a spatial axis goes
/// to p * step + shift, or is dropped when that is outside. Both are stored alike.
struct Embedding {
  Shape from, to;
  std::vector<std::int64_t> step, shift;
  bool channels_last;
  Strides from_strides() const { return stored_strides(from, channels_last); }
  Strides to_strides() const { return stored_strides(to, channels_last); }
  bool is_identity() const {
    return from == to && std::ranges::all_of(step, [](auto s) { return s == 1; }) &&
           std::ranges::all_of(shift, [](auto s) { return s == 0; });
  }
};

/// The product that computes one member. `b` is the im2col view: a tensor in which no place
/// that the product reads is missing (the embedding), addressed as rows (channel, kernel
/// place) by columns (image, position). For filter_grad it is the transpose of that.
struct ConvProduct {
  Embedding embedding;
  GemmExtents extents;
  Offsets a_rows, a_columns, b_rows, b_columns, c_rows, c_columns;

  std::size_t table_bytes() const {
    return sizeof(std::int64_t) * (a_rows.size() + a_columns.size() + b_rows.size() +
                                   b_columns.size() + c_rows.size() + c_columns.size());
  }
};

Shape with_spatial(const Shape& shape, const std::vector<std::int64_t>& spatial) {
  std::vector<std::int64_t> extents{shape[0], shape[1]};
  extents.insert(extents.end(), spatial.begin(), spatial.end());
  return Shape(std::move(extents));
}

/// Padding for forward and filter_grad, which read x[p * stride + k * dilation - pad_low].
Embedding padded_input(const ConvGeometry& g) {
  std::vector<std::int64_t> extents;
  for (std::size_t axis = 0; axis < g.stride.size(); ++axis)
    extents.push_back(g.input[static_cast<int>(axis) + 2] + g.pad_low[axis] + g.pad_high[axis]);
  return {g.input, with_spatial(g.input, extents), std::vector<std::int64_t>(g.stride.size(), 1),
          g.pad_low, g.channels_last};
}

std::int64_t reach(const ConvGeometry& g, std::size_t axis) {
  return (g.filter[static_cast<int>(axis) + 2] - 1) * g.dilation[axis];
}

/// Zeros between and around the cotangent for input_grad: dx[q] reads, with stride 1, at
/// q + pad_low - k * dilation of ct spread by the stride; the shift keeps that from 0 on.
Embedding spread_cotangent(const ConvGeometry& g) {
  std::vector<std::int64_t> extents, shift;
  for (std::size_t axis = 0; axis < g.stride.size(); ++axis) {
    shift.push_back(std::max<std::int64_t>(0, reach(g, axis) - g.pad_low[axis]));
    extents.push_back(g.input[static_cast<int>(axis) + 2] + g.pad_low[axis] + shift.back());
  }
  return {g.output, with_spatial(g.output, extents), g.stride, shift, g.channels_last};
}

/// Offsets of all places of a spatial block: axis a has counts[a] places, steps[a] apart in a
/// tensor of the given strides, the first at begin[a].
Offsets block_offsets(const Strides& strides, const Shape& counts, const Strides& steps,
                      const Strides& begin) {
  Offsets offsets{0};
  for (std::size_t axis = 0; axis < steps.size(); ++axis) {
    Offsets line =
        even_offsets(counts[static_cast<int>(axis) + 2], steps[axis] * strides[axis + 2]);
    for (std::int64_t& place : line) place += begin[axis] * strides[axis + 2];
    offsets = nested_offsets(offsets, line);
  }
  return offsets;
}

/// Columns (image, position) of a tensor [N, C, spatial...].
Offsets image_columns(const Shape& shape, const Strides& strides) {
  return nested_offsets(even_offsets(shape[0], strides[0]),
                        even_offsets(spatial_volume(shape), strides.back()));
}

/// The im2col view of an embedded tensor: its lines (channel of the group, kernel place).
Offsets view_lines(const Embedding& e, const ConvGeometry& g, std::int64_t channels,
                   ConvRole role) {
  std::vector<std::int64_t> steps = g.dilation, begin(steps.size(), 0);
  if (role == ConvRole::input_grad)  // the kernel is walked backwards
    for (std::size_t axis = 0; axis < steps.size(); ++axis) {
      steps[axis] = -g.dilation[axis];
      begin[axis] = g.pad_low[axis] + e.shift[axis];
    }
  const Strides strides = e.to_strides();
  return nested_offsets(even_offsets(channels, strides[1]),
                        block_offsets(strides, g.filter, steps, begin));
}

/// ... and its positions (image, position) for a result of the given spatial extents.
Offsets view_positions(const Embedding& e, const Shape& positions,
                       const std::vector<std::int64_t>& steps) {
  const std::vector<std::int64_t> begin(steps.size(), 0);
  const Strides strides = e.to_strides();
  return nested_offsets(even_offsets(e.to[0], strides[0]),
                        block_offsets(strides, positions, steps, begin));
}

/// Extents of a group, shared by the three products.
struct GroupExtents {
  explicit GroupExtents(const ConvGeometry& g)
      : inputs(g.input[1] / g.groups),
        outputs(g.filter[0] / g.groups),
        kernel(spatial_volume(g.filter)),
        filter_step(inputs * kernel) {}
  std::int64_t inputs, outputs, kernel, filter_step;  ///< filter_step: from one o to the next
};

/// Where a group's filter holds each output channel, each input channel and each kernel place.
Offsets filter_outputs(const ConvGeometry& g) {
  const GroupExtents group(g);
  if (!g.filter_blocks) return even_offsets(group.outputs, group.filter_step);
  return nested_offsets(
      even_offsets(group.outputs / filter_block, group.filter_step * filter_block),
      even_offsets(filter_block, 1));
}

Offsets filter_inputs(const ConvGeometry& g) {
  const GroupExtents group(g);
  if (!g.filter_blocks) return even_offsets(group.inputs, group.kernel);
  return nested_offsets(
      even_offsets(group.inputs / filter_block, group.kernel * filter_block * filter_block),
      even_offsets(filter_block, filter_block));
}

Offsets filter_places(const ConvGeometry& g) {
  return even_offsets(GroupExtents(g).kernel, g.filter_blocks ? filter_block * filter_block : 1);
}

/// y[o, (n, p)] = w[o, (c, k)] view[(c, k), (n, p)]
ConvProduct forward_product(const ConvGeometry& g) {
  const GroupExtents group(g);
  const Strides y = stored_strides(g.output, g.channels_last);
  ConvProduct product;
  product.embedding = padded_input(g);
  const Embedding& e = product.embedding;
  product.a_rows = filter_outputs(g);
  product.a_columns = nested_offsets(filter_inputs(g), filter_places(g));
  product.b_rows = view_lines(e, g, group.inputs, ConvRole::forward);
  product.b_columns = view_positions(e, g.output, g.stride);
  product.c_rows = even_offsets(group.outputs, y[1]);
  product.c_columns = image_columns(g.output, y);
  product.extents = {.a_step = group.outputs * group.filter_step,
                     .b_step = group.inputs * e.to_strides()[1],
                     .c_step = group.outputs * y[1]};
  return product;
}

/// dx[c, (n, q)] = w^T[c, (o, k)] view[(o, k), (n, q)]
ConvProduct input_grad_product(const ConvGeometry& g) {
  const GroupExtents group(g);
  const Strides x = stored_strides(g.input, g.channels_last);
  ConvProduct product;
  product.embedding = spread_cotangent(g);
  const Embedding& e = product.embedding;
  product.a_rows = filter_inputs(g);
  product.a_columns = nested_offsets(filter_outputs(g), filter_places(g));
  product.b_rows = view_lines(e, g, group.outputs, ConvRole::input_grad);
  product.b_columns = view_positions(e, g.input, std::vector<std::int64_t>(g.stride.size(), 1));
  product.c_rows = even_offsets(group.inputs, x[1]);
  product.c_columns = image_columns(g.input, x);
  product.extents = {.a_step = group.outputs * group.filter_step,
                     .b_step = group.outputs * e.to_strides()[1],
                     .c_step = group.inputs * x[1]};
  return product;
}

/// dw[o, (c, k)] = ct[o, (n, p)] view^T[(n, p), (c, k)]
ConvProduct filter_grad_product(const ConvGeometry& g) {
  const GroupExtents group(g);
  const Strides y = stored_strides(g.output, g.channels_last);
  ConvProduct product;
  product.embedding = padded_input(g);
  const Embedding& e = product.embedding;
  product.a_rows = even_offsets(group.outputs, y[1]);
  product.a_columns = image_columns(g.output, y);
  product.b_rows = view_positions(e, g.output, g.stride);
  product.b_columns = view_lines(e, g, group.inputs, ConvRole::filter_grad);
  product.c_rows = filter_outputs(g);
  product.c_columns = nested_offsets(filter_inputs(g), filter_places(g));
  product.extents = {.a_step = group.outputs * y[1],
                     .b_step = group.inputs * e.to_strides()[1],
                     .c_step = group.outputs * group.filter_step};
  return product;
}

ConvProduct product_of(const ConvGeometry& g, ConvRole role) {
  ConvProduct product = role == ConvRole::forward      ? forward_product(g)
                        : role == ConvRole::input_grad ? input_grad_product(g)
                                                       : filter_grad_product(g);
  product.extents.m = static_cast<std::int64_t>(product.c_rows.size());
  product.extents.n = static_cast<std::int64_t>(product.c_columns.size());
  product.extents.k = static_cast<std::int64_t>(product.a_columns.size());
  product.extents.count = g.groups;
  return product;
}

/// The embedding as one strided copy, which is to be made into zeros.
cpu::StridedCopy copy_of(const Embedding& e, std::size_t element_bytes) {
  const Strides from = e.from_strides(), to = e.to_strides();
  std::vector<cpu::CopyAxis> axes;
  std::int64_t offset = 0;
  for (const int axis : stored_axes(e.from.rank(), e.channels_last)) {
    const auto at = static_cast<std::size_t>(axis);
    if (axis < 2) {
      axes.push_back({e.from[axis], from[at], to[at]});
      continue;
    }
    const std::int64_t step = e.step[at - 2], shift = e.shift[at - 2];
    const std::int64_t fitting = (e.to[axis] - shift + step - 1) / step;
    axes.push_back({std::min(e.from[axis], fitting), from[at], to[at] * step});
    offset += shift * to[at];
  }
  return {axes, 0, offset, element_bytes};
}

template <class T>
class GemmConvKernel final : public Kernel {
 public:
  GemmConvKernel(const ConvGeometry& geometry, ConvRole role, int threads)
      : product_(product_of(geometry, role)),
        copy_(copy_of(product_.embedding, sizeof(T))),
        // The view is of x in forward (operand 0) and filter_grad (1), of ct in input_grad (0).
        viewed_(role == ConvRole::filter_grad ? 1 : 0),
        threads_(threads) {}

  std::size_t workspace_bytes() const override {
    return embedded_bytes() + gemm_workspace_bytes<T>(product_.extents, threads_);
  }
  std::size_t resident_bytes() const override { return product_.table_bytes(); }
  std::string algorithm() const override { return "own:gemm"; }

  void run(const Launch& launch) override {
    const T* viewed = launch.input<T>(viewed_);
    if (embedded_bytes() > 0) {
      clear(launch.workspace, static_cast<std::int64_t>(embedded_bytes()));
      copy_.run(launch.inputs[viewed_], launch.workspace);
      viewed = reinterpret_cast<const T*>(launch.workspace);
    }
    gemm<T>(product_.extents,
            {launch.input<T>(1 - viewed_), product_.a_rows.data(), product_.a_columns.data()},
            {viewed, product_.b_rows.data(), product_.b_columns.data()},
            {launch.result<T>(), product_.c_rows.data(), product_.c_columns.data()},
            launch.workspace + embedded_bytes(), threads_);
  }

 private:
  std::size_t embedded_bytes() const {
    if (product_.embedding.is_identity()) return 0;
    const auto elements = static_cast<std::size_t>(product_.embedding.to.elements());
    return (elements * sizeof(T) + 63) / 64 * 64;
  }

  static void clear(std::byte* bytes, std::int64_t count) {
    runtime::parallel_for(count, std::int64_t{1} << 18, [=](std::int64_t begin, std::int64_t end) {
      std::memset(bytes + begin, 0, static_cast<std::size_t>(end - begin));
    });
  }

  ConvProduct product_;
  cpu::StridedCopy copy_;
  std::size_t viewed_;
  int threads_;
};

}  // namespace

std::unique_ptr<Kernel> gemm_conv_kernel(const ConvGeometry& geometry, ConvRole role,
                                         const KernelRequest& request) {
  return runtime::with_float(
      request.output.dtype, "convolution", [&](auto tag) -> std::unique_ptr<Kernel> {
        using T = typename decltype(tag)::type;
        return std::make_unique<GemmConvKernel<T>>(geometry, role, request.threads);
      });
}

}  // namespace palimpsest
