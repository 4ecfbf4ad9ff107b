#include "ops/movement/movement.h"

#include <algorithm>
#include <numeric>

#include "graph/graph.h"
#include "ops/axes.h"
#include "ops/expect.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"

namespace palimpsest {
namespace {

using Extents = std::vector<std::int64_t>;

/// A list with one entry per axis of the operand.
template <class List>
void expect_per_axis(std::string_view name, std::string_view field, const List& list,
                     const Shape& shape) {
  if (list.size() != static_cast<std::size_t>(shape.rank()))
    throw ShapeError(text(name, ": ", field, " has ", list.size(), " entries for ", shape));
}

Extents filled(const Shape& shape, std::int64_t value) {
  return Extents(static_cast<std::size_t>(shape.rank()), value);
}

Extents extents_of(const Shape& shape) { return Extents(shape.begin(), shape.end()); }

}  // namespace

// ---- reshape ----

TensorType Reshape::infer(Types in) const {
  expect_operands(name, in, 1);
  if (in[0].shape.elements() != shape.elements())
    throw ShapeError(text(name, ": ", in[0], " has ", in[0].shape.elements(), " elements, ", shape,
                          " has ", shape.elements()));
  return {in[0].dtype, shape};
}

Value Reshape::transpose(int, Operands x, Value ct) const { return reshape(ct, x[0].shape()); }

std::string Reshape::attributes() const { return text(shape); }

Value reshape(Value x, Shape shape) {
  if (x.shape() == shape) return x;
  const Node& node = x.node();
  if (node.op.as<Reshape>()) return reshape(node.inputs[0], std::move(shape));
  return x.graph().add(Reshape{std::move(shape)}, {x});
}

Value expand_axis(Value x, int axis) {
  Extents extents = extents_of(x.shape());
  const int rank = x.shape().rank() + 1;
  const int position = axis < 0 ? axis + rank : axis;
  if (position < 0 || position >= rank)
    throw ShapeError(
        text("expand_axis: axis in [", -rank, ", ", rank, ") expected, ", axis, " came"));
  extents.insert(extents.begin() + position, 1);
  return reshape(x, Shape(std::move(extents)));
}

Value squeeze_axis(Value x, int axis) {
  Extents extents = extents_of(x.shape());
  if (x.shape()[axis] != 1)
    throw ShapeError(text("squeeze_axis: extent 1 expected at axis ", axis, " of ", x.type()));
  extents.erase(extents.begin() + static_cast<std::ptrdiff_t>(x.shape().index(axis)));
  return reshape(x, Shape(std::move(extents)));
}

// ---- permute ----

TensorType Permute::infer(Types in) const {
  expect_operands(name, in, 1);
  const Shape& shape = in[0].shape;
  expect_per_axis(name, "axes", axes, shape);
  std::vector<int> sorted = axes;
  std::ranges::sort(sorted);
  expect_normal(name, shape, sorted);
  Extents extents;
  for (const int axis : axes) extents.push_back(shape[axis]);
  return {in[0].dtype, Shape(std::move(extents))};
}

Value Permute::transpose(int, Operands, Value ct) const {
  std::vector<int> inverse(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    inverse[static_cast<std::size_t>(axes[i])] = static_cast<int>(i);
  return permute(ct, std::move(inverse));
}

std::string Permute::attributes() const { return "axes=" + listed(axes); }

Value permute(Value x, std::vector<int> axes) {
  expect_per_axis(Permute::name, "axes", axes, x.shape());
  for (int& axis : axes) axis = static_cast<int>(x.shape().index(axis));
  const Node& node = x.node();
  if (const auto* first = node.op.as<Permute>()) {
    for (int& axis : axes) axis = first->axes[static_cast<std::size_t>(axis)];
    return permute(node.inputs[0], std::move(axes));
  }
  if (std::ranges::is_sorted(axes)) {
    expect_normal(Permute::name, x.shape(), axes);
    return x;
  }
  return x.graph().add(Permute{std::move(axes)}, {x});
}

Value swap_axes(Value x, int a, int b) {
  std::vector<int> axes(static_cast<std::size_t>(x.shape().rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[x.shape().index(a)], axes[x.shape().index(b)]);
  return permute(x, std::move(axes));
}

// ---- broadcast ----

TensorType Broadcast::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_rank(name, in[0], shape.rank());
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (in[0].shape[axis] != shape[axis] && in[0].shape[axis] != 1)
      throw ShapeError(text(name, ": ", in[0], " does not stretch to ", shape));
  return {in[0].dtype, shape};
}

Value Broadcast::transpose(int, Operands x, Value ct) const {
  std::vector<int> stretched;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (x[0].shape()[axis] != shape[axis]) stretched.push_back(axis);
  return stretched.empty() ? ct : reduce_sum(ct, std::move(stretched));
}

std::string Broadcast::attributes() const { return text(shape); }

Value broadcast_to(Value x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (x.shape().rank() > shape.rank())
    throw ShapeError(text(Broadcast::name, ": ", x.type(), " does not stretch to ", shape));
  const Node& node = x.node();
  if (node.op.as<Broadcast>()) return broadcast_to(node.inputs[0], shape);
  Extents extents(static_cast<std::size_t>(shape.rank() - x.shape().rank()), 1);
  extents.insert(extents.end(), x.shape().begin(), x.shape().end());
  const Value raised = reshape(x, Shape(std::move(extents)));
  return raised.shape() == shape ? raised : x.graph().add(Broadcast{shape}, {raised});
}

Shape broadcast_shape(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Extents extents(static_cast<std::size_t>(rank), 1);
  for (int axis = 1; axis <= rank; ++axis) {
    const std::int64_t left = axis <= a.rank() ? a[-axis] : 1;
    const std::int64_t right = axis <= b.rank() ? b[-axis] : 1;
    if (left != right && left != 1 && right != 1)
      throw ShapeError(text("shapes ", a, " and ", b, " do not broadcast together"));
    extents[static_cast<std::size_t>(rank - axis)] = left == 1 ? right : left;
  }
  return Shape(std::move(extents));
}

// ---- slice and pad ----

TensorType Slice::infer(Types in) const {
  expect_operands(name, in, 1);
  const Shape& shape = in[0].shape;
  expect_per_axis(name, "start", start, shape);
  expect_per_axis(name, "size", size, shape);
  expect_per_axis(name, "step", step, shape);
  for (std::size_t i = 0; i < size.size(); ++i) {
    const std::int64_t extent = shape[static_cast<int>(i)];
    // The last index is compared by division: size * step may overflow.
    const bool fits =
        start[i] >= 0 && size[i] >= 0 && step[i] > 0 && start[i] <= extent &&
        (size[i] == 0 || (start[i] < extent && size[i] - 1 <= (extent - 1 - start[i]) / step[i]));
    if (!fits)
      throw ShapeError(text(name, ": start ", start[i], ", size ", size[i], ", step ", step[i],
                            " leave axis ", i, " of ", in[0]));
  }
  return {in[0].dtype, Shape(size)};
}

Value Slice::transpose(int, Operands x, Value ct) const {
  Extents high(size.size()), interior(size.size());
  for (std::size_t i = 0; i < size.size(); ++i) {
    const std::int64_t reach = size[i] == 0 ? 0 : (size[i] - 1) * step[i] + 1;
    high[i] = x[0].shape()[static_cast<int>(i)] - start[i] - reach;
    interior[i] = step[i] - 1;
  }
  return pad(ct, start, std::move(high), std::move(interior));
}

std::string Slice::attributes() const {
  return text("start=", listed(start), " size=", listed(size), " step=", listed(step));
}

Value slice(Value x, std::vector<std::int64_t> start, std::vector<std::int64_t> size,
            std::vector<std::int64_t> step) {
  Slice op{std::move(start), std::move(size), std::move(step)};
  if (op.infer({&x.type(), 1}) == x.type()) return x;
  return x.graph().add(std::move(op), {x});
}

Value slice_axis(Value x, int axis, std::int64_t start, std::int64_t size, std::int64_t step) {
  const std::size_t i = x.shape().index(axis);
  Extents starts = filled(x.shape(), 0), sizes = extents_of(x.shape()),
          steps = filled(x.shape(), 1);
  starts[i] = start;
  sizes[i] = size;
  steps[i] = step;
  return slice(x, std::move(starts), std::move(sizes), std::move(steps));
}

TensorType Pad::infer(Types in) const {
  expect_operands(name, in, 1);
  const Shape& shape = in[0].shape;
  expect_per_axis(name, "low", low, shape);
  expect_per_axis(name, "high", high, shape);
  expect_per_axis(name, "interior", interior, shape);
  constexpr std::int64_t limit = std::int64_t{1} << 40;  // of an extent; keeps sums from overflow
  Extents extents;
  for (std::size_t i = 0; i < low.size(); ++i) {
    const std::int64_t extent = shape[static_cast<int>(i)];
    const std::int64_t gaps = std::max<std::int64_t>(extent - 1, 0);
    if (low[i] < 0 || high[i] < 0 || interior[i] < 0 || low[i] > limit || high[i] > limit ||
        (gaps > 0 && interior[i] > limit / gaps))
      throw ShapeError(text(name, ": low ", low[i], ", high ", high[i], ", interior ", interior[i],
                            " do not fit axis ", i, " of ", in[0]));
    extents.push_back(low[i] + extent + gaps * interior[i] + high[i]);
  }
  return {in[0].dtype, Shape(std::move(extents))};
}

Value Pad::transpose(int, Operands x, Value ct) const {
  Extents step = interior;
  for (std::int64_t& s : step) ++s;
  return slice(ct, low, extents_of(x[0].shape()), std::move(step));
}

std::string Pad::attributes() const {
  return text("low=", listed(low), " high=", listed(high), " interior=", listed(interior));
}

Value pad(Value x, std::vector<std::int64_t> low, std::vector<std::int64_t> high,
          std::vector<std::int64_t> interior) {
  Pad op{std::move(low), std::move(high), std::move(interior)};
  if (op.infer({&x.type(), 1}) == x.type()) return x;
  return x.graph().add(std::move(op), {x});
}

Value pad(Value x, std::vector<std::int64_t> low, std::vector<std::int64_t> high) {
  return pad(x, std::move(low), std::move(high), filled(x.shape(), 0));
}

// ---- concat and reverse ----

TensorType Concat::infer(Types in) const {
  if (in.empty()) throw ShapeError(text(name, ": at least one operand expected"));
  const Shape& first = in[0].shape;
  if (axis < 0 || axis >= first.rank())
    throw ShapeError(text(name, ": axis ", axis, " does not exist in ", in[0]));
  std::int64_t extent = 0;
  for (const TensorType& part : in) {
    expect_rank(name, part, first.rank());
    expect_equal(name, in[0], {part.dtype, part.shape.with(axis, first[axis])});
    extent += part.shape[axis];
  }
  return {in[0].dtype, first.with(axis, extent)};
}

Value Concat::transpose(int operand, Operands x, Value ct) const {
  std::int64_t start = 0;
  for (int i = 0; i < operand; ++i) start += x[static_cast<std::size_t>(i)].shape()[axis];
  return slice_axis(ct, axis, start, x[static_cast<std::size_t>(operand)].shape()[axis]);
}

std::string Concat::attributes() const { return text("axis=", axis); }

Value concat(std::vector<Value> parts, int axis) {
  if (parts.empty()) throw ShapeError(text(Concat::name, ": at least one operand expected"));
  const Value first = parts.front();
  const int position = static_cast<int>(first.shape().index(axis));
  return parts.size() == 1 ? first : first.graph().add(Concat{position}, std::move(parts));
}

TensorType Reverse::infer(Types in) const {
  expect_operands(name, in, 1);
  expect_normal(name, in[0].shape, axes);
  return in[0];
}

Value Reverse::transpose(int, Operands, Value ct) const { return reverse(ct, axes); }

std::string Reverse::attributes() const { return "axes=" + listed(axes); }

Value reverse(Value x, std::vector<int> axes) {
  if (axes.empty()) return x;
  axes = normal_axes(x.shape(), std::move(axes));
  std::erase_if(axes, [&](int axis) { return x.shape()[axis] <= 1; });
  return axes.empty() ? x : x.graph().add(Reverse{std::move(axes)}, {x});
}

}  // namespace palimpsest
