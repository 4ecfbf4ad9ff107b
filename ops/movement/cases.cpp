// Test rows of the primitives that move elements. Squares around each make a curved function,
// so that both its map and its transpose are seen at second order.

#include "ops/movement/movement.h"

#include "ops/pointwise/binary.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {
namespace {

constexpr int samples = 30;

/// move(x^2) * w with w an input of its own.
template <class Move>
Case moved(Sampler& s, const Shape& shape, Move move) {
  Case c;
  const Value x = c.input(s.tensor(shape, -1, 1));
  const Value y = move(x * x);
  c.function.outputs = {y * c.input(s.tensor(y.shape(), -1, 1))};
  return c;
}

int some_rank(Sampler& s) { return static_cast<int>(s.integer(1, 3)); }

Case reshaped(Sampler& s) {
  const Shape shape = s.shape(3, 1, 3);
  const Shape target =
      s.coin() ? Shape{shape[0] * shape[1], shape[2]} : Shape{1, shape[2], shape[1] * shape[0], 1};
  return moved(s, shape, [&](Value x) { return reshape(x, target); });
}

/// A rotation of the axes or a swap of two: both occur, neither leaves all axes in place.
Case permuted(Sampler& s) {
  const Shape shape = s.shape(3, 2, 3);
  const std::vector<int> axes =
      s.one_of<std::vector<int>>({{1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}});
  return moved(s, shape, [&](Value x) { return permute(x, axes); });
}

Case broadcast(Sampler& s) {
  const int rank = some_rank(s);
  const Shape target = s.shape(rank, 2, 3);
  Shape shape = target;
  for (const int axis : s.axes(rank)) shape = shape.with(axis, 1);
  return moved(s, shape, [&](Value x) { return broadcast_to(x, target); });
}

Case sliced(Sampler& s) {
  const int rank = some_rank(s);
  std::vector<std::int64_t> extents, start, size, step;
  for (int axis = 0; axis < rank; ++axis) {
    start.push_back(s.integer(axis == 0 ? 1 : 0, 2));
    size.push_back(s.integer(1, 2));
    step.push_back(s.integer(1, 3));
    // What lies behind the last element that is taken may be less than a step.
    extents.push_back(start.back() + (size.back() - 1) * step.back() + 1 + s.integer(0, 1));
  }
  return moved(s, Shape(extents), [&](Value x) { return slice(x, start, size, step); });
}

Case padded(Sampler& s) {
  const auto rank = static_cast<std::size_t>(some_rank(s));
  const auto low = s.integers(rank, 0, 2), high = s.integers(rank, 0, 1);
  auto interior = s.integers(rank, 0, 2);
  interior.front() = 1 + interior.front() % 2;
  const Shape shape = s.shape(static_cast<int>(rank), 1, 2).with(0, 2);
  return moved(s, shape, [&](Value x) { return pad(x, low, high, interior); });
}

Case concatenated(Sampler& s) {
  Case c;
  const int rank = some_rank(s), axis = static_cast<int>(s.integer(0, rank - 1));
  const Shape shape = s.shape(rank, 1, 3);
  std::vector<Value> parts;
  for (std::int64_t part = s.integer(2, 3); part > 0; --part) {
    const Value x = c.input(s.tensor(shape.with(axis, s.integer(1, 2)), -1, 1));
    parts.push_back(x * x);
  }
  parts.push_back(parts.front());  // an operand may come twice
  const Value y = concat(parts, axis);
  c.function.outputs = {y * c.input(s.tensor(y.shape(), -1, 1))};
  return c;
}

Case reversed(Sampler& s) {
  const int rank = some_rank(s);
  const Shape shape = s.shape(rank, 2, 3);
  const std::vector<int> axes = s.axes(rank);
  return moved(s, shape, [&](Value x) { return reverse(x, axes); });
}

}  // namespace

void add_movement_cases(Rows& rows) {
  rows.add(Reshape::name, "merge and split", samples, reshaped);
  rows.add(Permute::name, "rotate and swap", samples, permuted);
  rows.add(Broadcast::name, "some axes", samples, broadcast);
  rows.add(Slice::name, "stepped", samples, sliced);
  rows.add(Pad::name, "low, high, interior", samples, padded);
  rows.add(Concat::name, "several", samples, concatenated);
  rows.add(Reverse::name, "some axes", samples, reversed);
}

}  // namespace palimpsest::testing
