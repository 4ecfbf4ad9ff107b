// Test rows of indexed reads and accumulation: repeated, missing and shared indices.

#include "ops/gather/gather.h"

#include "ops/pointwise/binary.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {
namespace {

constexpr int samples = 30;

struct Extents {
  std::int64_t batch, positions, depth, picks;
};

Extents some_extents(Sampler& s) {
  return {s.integer(1, 3), s.integer(1, 4), s.integer(1, 3), s.integer(1, 5)};
}

/// One list of indices a batch element, or one for all.
Value some_indices(Case& c, Sampler& s, const Extents& e) {
  return c.constant(s.indices({s.coin() ? e.batch : 1, e.picks}, e.positions));
}

Case gathered(Sampler& s) {
  Case c;
  const Extents e = some_extents(s);
  const Value x = c.input(s.tensor({e.batch, e.positions, e.depth}, -1, 1));
  const Value y = gather(x * x, some_indices(c, s, e));
  c.function.outputs = {y * c.input(s.tensor(y.shape(), -1, 1))};
  return c;
}

Case scattered(Sampler& s) {
  Case c;
  const Extents e = some_extents(s);
  const Value x = c.input(s.tensor({e.batch, e.picks, e.depth}, -1, 1));
  const Value y = scatter_add(x * x, some_indices(c, s, e), e.positions);
  c.function.outputs = {y * c.input(s.tensor(y.shape(), -1, 1))};
  return c;
}

Case taken(Sampler& s) {
  Case c;
  const int axis = static_cast<int>(s.integer(0, 2));
  const Shape shape = s.shape(3, 2, 3);
  const Value x = c.input(s.tensor(shape, -1, 1));
  const Shape picks = s.shape(static_cast<int>(s.integer(0, 2)), 1, 2);
  c.function.outputs = {take(x * x, c.constant(s.indices(picks, shape[axis])), axis)};
  return c;
}

Case taken_along(Sampler& s) {
  Case c;
  const int axis = static_cast<int>(s.integer(0, 2));
  const Shape shape = s.shape(3, 2, 3);
  const Value x = c.input(s.tensor(shape, -1, 1));
  const Shape picks = shape.with(axis, s.integer(1, 4));
  c.function.outputs = {take_along_axis(x * x, c.constant(s.indices(picks, shape[axis])), axis)};
  return c;
}

}  // namespace

void add_gather_cases(Rows& rows) {
  rows.add(Gather::name, "own and shared indices", samples, gathered);
  rows.add(Gather::name, "take", samples, taken);
  rows.add(Gather::name, "take along an axis", samples, taken_along);
  rows.add(ScatterAdd::name, "own and shared indices", 40, scattered);
}

}  // namespace palimpsest::testing
