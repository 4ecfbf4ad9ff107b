// Test rows of convolution and its two partial adjoints, in one to three spatial dimensions.
// Each member is linear in both operands, so its curvature is the mixed derivative.

#include "ops/conv/conv.h"

#include "graph/graph.h"
#include "tests/support/rows.h"
#include "tests/support/sliding_sample.h"

namespace palimpsest::testing {
namespace {

constexpr std::int64_t most_elements = 48;

ConvGeometry any_geometry(Sampler& s, int spatial_rank) {
  SlidingSample w = sliding_sample(s, spatial_rank);
  // Unlike a pooling window, a filter may lie wholly in the padding.
  for (std::int64_t& padding : w.pad_low) padding += s.integer(0, 1);
  for (std::int64_t& padding : w.pad_high) padding += s.integer(0, 1);
  const std::int64_t groups = s.integer(1, 3), depth = s.integer(1, 2);
  const std::int64_t batch = s.integer(1, 2), filters = groups * s.integer(1, 2);
  ConvGeometry g = conv_geometry(with_channels(batch, groups * depth, w.extent),
                                 with_channels(filters, depth, w.size), w.stride, w.dilation,
                                 w.pad_low, w.pad_high, groups);
  g.channels_last = s.coin();
  return g;
}

ConvGeometry small_geometry(Sampler& s, int spatial_rank) {
  const auto small = [](const Shape& shape) { return shape.elements() <= most_elements; };
  for (;;) {
    ConvGeometry g = any_geometry(s, spatial_rank);
    if (small(g.input) && small(g.filter) && small(g.output)) return g;
  }
}

template <int spatial_rank>
Case forward(Sampler& s) {
  Case c;
  const ConvGeometry g = small_geometry(s, spatial_rank);
  const Value x = c.input(s.tensor(g.stored_input(), -1, 1)),
              w = c.input(s.tensor(g.filter, -1, 1));
  c.function.outputs = {conv(x, w, g)};
  return c;
}

template <int spatial_rank>
Case input_grad(Sampler& s) {
  Case c;
  const ConvGeometry g = small_geometry(s, spatial_rank);
  const Value ct = c.input(s.tensor(g.stored_output(), -1, 1)),
              w = c.input(s.tensor(g.filter, -1, 1));
  c.function.outputs = {conv_input_grad(ct, w, g)};
  return c;
}

template <int spatial_rank>
Case filter_grad(Sampler& s) {
  Case c;
  const ConvGeometry g = small_geometry(s, spatial_rank);
  const Value ct = c.input(s.tensor(g.stored_output(), -1, 1)),
              x = c.input(s.tensor(g.stored_input(), -1, 1));
  c.function.outputs = {conv_filter_grad(ct, x, g)};
  return c;
}

template <int spatial_rank>
void add_rank(Rows& rows, const std::string& variant, int samples) {
  rows.add(Conv::name, variant, samples, forward<spatial_rank>);
  rows.add(ConvInputGrad::name, variant, samples, input_grad<spatial_rank>);
  rows.add(ConvFilterGrad::name, variant, samples, filter_grad<spatial_rank>);
}

}  // namespace

void add_conv_cases(Rows& rows) {
  add_rank<1>(rows, "1-d", 80);
  add_rank<2>(rows, "2-d", 100);
  add_rank<3>(rows, "3-d", 30);
}

}  // namespace palimpsest::testing
