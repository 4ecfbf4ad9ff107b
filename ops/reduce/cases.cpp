// Test rows of reductions and index producers. Positions of maxima are read back through
// gathers, with values far enough apart that no difference step changes the order.

#include "ops/reduce/reduce.h"

#include "ops/gather/gather.h"
#include "ops/pointwise/binary.h"
#include "tests/support/rows.h"

namespace palimpsest::testing {
namespace {

constexpr int samples = 30;

int some_rank(Sampler& s) { return static_cast<int>(s.integer(1, 3)); }

Case summed(Sampler& s) {
  Case c;
  const int rank = some_rank(s);
  const Value x = c.input(s.tensor(s.shape(rank, 2, 3), -1, 1));
  const Value y = reduce_sum(x * x, s.axes(rank));
  c.function.outputs = {y * c.input(s.tensor(y.shape(), -1, 1))};
  return c;
}

Case prefix_summed(Sampler& s) {
  Case c;
  const int rank = some_rank(s), axis = static_cast<int>(s.integer(0, rank - 1));
  const Shape shape = s.shape(rank, 2, 4);
  const Value x = c.input(s.tensor(shape, -1, 1));
  const auto scan = s.one_of({Scan::inclusive, Scan::exclusive});
  const auto direction = s.one_of({Direction::forward, Direction::backward});
  c.function.outputs = {cumsum(x * x, axis, scan, direction) * c.input(s.tensor(shape, -1, 1))};
  return c;
}

/// The shift of a softmax: the result does not depend on it.
Case shifted(Sampler& s) {
  Case c;
  const int rank = some_rank(s);
  const Value x = c.input(s.tensor(s.shape(rank, 2, 3), -1, 1));
  const std::vector<int> axes = s.axes(rank);
  const Value powers = exp(x - max_without_derivative(x, axes));
  c.function.outputs = {powers / reduce_sum(powers, axes)};
  return c;
}

Case largest(Sampler& s) {
  Case c;
  const int rank = some_rank(s), axis = static_cast<int>(s.integer(0, rank - 1));
  const Value x = c.input(s.distinct(s.shape(rank, 2, 3)));
  const Value place = argmax(x, axis, s.one_of({Tie::first, Tie::last}));
  c.function.outputs = {take_along_axis(x * x, place, axis)};
  return c;
}

Case several_largest(Sampler& s) {
  Case c;
  const int rank = some_rank(s);
  const Shape shape = s.shape(rank, 2, 4);
  const Value x = c.input(s.distinct(shape));
  const Value places = top_k(x, s.integer(1, shape[-1]));
  const Value y = take_along_axis(x * x, places, rank - 1);
  c.function.outputs = {y * c.input(s.tensor(y.shape(), -1, 1))};
  return c;
}

}  // namespace

void add_reduce_cases(Rows& rows) {
  rows.add(ReduceSum::name, "some axes", samples, summed);
  rows.add(CumSum::name, "scans and directions", 40, prefix_summed);
  rows.add(ReduceMax::name, "shift of a softmax", samples, shifted);
  rows.add(ArgMax::name, "gathered", samples, largest);
  rows.add(TopK::name, "gathered", samples, several_largest);
}

}  // namespace palimpsest::testing
