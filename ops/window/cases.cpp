// Test rows of sliding windows, in one to three spatial dimensions, both ways of rounding.

#include "ops/window/window.h"

#include "ops/gather/gather.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "tests/support/rows.h"
#include "tests/support/sliding_sample.h"

namespace palimpsest::testing {
namespace {

constexpr std::int64_t most_elements = 36;

WindowGeometry any_geometry(Sampler& s, int spatial_rank) {
  const SlidingSample w = sliding_sample(s, spatial_rank);
  return window_geometry(with_channels(s.integer(1, 2), s.integer(1, 2), w.extent), w.size,
                         w.stride, w.dilation, w.pad_low, w.pad_high,
                         s.one_of({Rounding::floor, Rounding::ceil}));
}

WindowGeometry small_geometry(Sampler& s, int spatial_rank) {
  for (;;) {
    WindowGeometry g = any_geometry(s, spatial_rank);
    if (g.input.elements() <= most_elements && g.output.elements() <= most_elements) return g;
  }
}

template <int spatial_rank>
Case summed(Sampler& s) {
  Case c;
  WindowGeometry g = small_geometry(s, spatial_rank);
  g.channels_last = s.coin();
  const Value x = c.input(s.away_from_zero(g.stored_input(), 0.2, 1));
  const Value y = window_sum(x * x, g);
  c.function.outputs = {y * y};
  return c;
}

template <int spatial_rank>
Case spread(Sampler& s) {
  Case c;
  WindowGeometry g = small_geometry(s, spatial_rank);
  g.channels_last = s.coin();
  const Value y = c.input(s.away_from_zero(g.stored_output(), 0.2, 1));
  const Value x = window_spread(y * y, g);
  c.function.outputs = {x * x};
  return c;
}

/// The exponentials of the maxima, read back at their positions: max pooling.
template <int spatial_rank>
Case largest(Sampler& s) {
  Case c;
  const WindowGeometry g = small_geometry(s, spatial_rank);
  const Value x = c.input(s.distinct(g.input));
  const std::int64_t planes = g.input[0] * g.input[1];
  const Value places = reshape(window_argmax(x, g), {planes, g.output.elements() / planes});
  const Value flat = reshape(exp(x), {planes, g.input.elements() / planes, 1});
  c.function.outputs = {reshape(gather(flat, places), g.output)};
  return c;
}

template <int spatial_rank>
void add_rank(Rows& rows, const std::string& variant, int samples) {
  rows.add(WindowSum::name, variant, samples, summed<spatial_rank>);
  rows.add(WindowSpread::name, variant, samples, spread<spatial_rank>);
  rows.add(WindowArgmax::name, variant, samples, largest<spatial_rank>);
}

}  // namespace

void add_window_cases(Rows& rows) {
  add_rank<1>(rows, "1-d", 80);
  add_rank<2>(rows, "2-d", 100);
  add_rank<3>(rows, "3-d", 30);
}

}  // namespace palimpsest::testing
