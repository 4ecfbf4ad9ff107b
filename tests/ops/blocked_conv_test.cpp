// Convolutions whose filters are stored in blocks, against the same with plain filters in f64.

#include <doctest/doctest.h>

#include "ops/conv/cpu_conv.h"
#include "tests/support/cpu.h"
#include "tests/support/indices.h"
#include "tests/support/run_kernel.h"
#include "tests/support/stored.h"

namespace palimpsest::testing {
namespace {

/// Filters of whole blocks, with one to three spatial axes of their own strides and paddings.
ConvGeometry sampled_geometry(Sampler& s) {
  const std::size_t rank = s.one_of<std::size_t>({1, 2, 2, 2, 3});
  const Integers kernel = s.integers(rank, 1, 3), stride = s.integers(rank, 1, 2),
                 dilation(rank, s.integer(1, 2)), low = s.integers(rank, 0, 2),
                 high = s.integers(rank, 0, 2);
  Integers input{s.integer(1, 2), filter_block * s.integer(1, 3)},
      filter{filter_block * s.integer(1, 3), input[1]};
  for (std::size_t a = 0; a < rank; ++a) {
    const std::int64_t least = (kernel[a] - 1) * dilation[a] + 1 - low[a] - high[a];
    input.push_back(std::max<std::int64_t>(least, 1) + s.integer(0, 6));
    filter.push_back(kernel[a]);
  }
  return conv_geometry(Shape(input), Shape(filter), stride, dilation, low, high, 1);
}

Literal plain_result(const Op& op, const Literal& a, const Literal& b) {
  return run_kernel(cpu(), op, {a.converted(DType::f64), b.converted(DType::f64)}).value;
}

/// Integer operands: every sum is exact, so all must agree to the bit, whatever computes them.
void check_member(const Op& op, const Literal& a, const Literal& b, const Literal& expected,
                  bool packable) {
  CAPTURE(op.name());
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16})
    for (const KernelRun& options : {KernelRun{1, {}}, KernelRun{2, {}}, KernelRun{1, {1}}}) {
      if (!options.constants.empty() && !packable) continue;
      CAPTURE(dtype);
      const KernelResult result =
          run_kernel(cpu(), op, {a.converted(dtype), b.converted(dtype)}, options);
      CHECK(result.value.converted(DType::f64) == expected);
    }
}

TEST_CASE("convolutions with filters in blocks are exact on sampled geometries") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Sampler s(seed);
    ConvGeometry plain = sampled_geometry(s);
    plain.channels_last = s.coin();
    ConvGeometry blocks = plain;
    blocks.filter_blocks = true;
    CAPTURE(seed);
    CAPTURE(blocks.describe());
    const Literal x = stored(small_integers(s, plain.input), plain.channels_last),
                  ct = stored(small_integers(s, plain.output), plain.channels_last),
                  w = small_integers(s, plain.filter), v = filter_in_blocks(w);
    check_member(Conv{blocks}, x, v, plain_result(Conv{plain}, x, w), true);
    check_member(ConvInputGrad{blocks}, ct, v, plain_result(ConvInputGrad{plain}, ct, w), true);
    check_member(ConvFilterGrad{blocks}, ct, x,
                 filter_in_blocks(plain_result(ConvFilterGrad{plain}, ct, x)), false);
  }
}

TEST_CASE("gradients of kernel places that lie in the padding alone are 0 in bf16, too") {
  ConvGeometry g = conv_geometry({2, 16, 1}, {48, 16, 3}, {2}, {1}, {2}, {0}, 1);
  g.channels_last = true;
  Sampler s(1);
  const Literal x = stored(small_integers(s, g.input), true),
                ct = stored(small_integers(s, g.output), true);
  check_member(ConvFilterGrad{g}, ct, x, plain_result(ConvFilterGrad{g}, ct, x), false);
}

TEST_CASE("oneDNN reads filters and writes their gradients in blocks as they are stored") {
  Sampler s(1);
  ConvGeometry g = conv_geometry({1, 32, 7, 7}, {48, 32, 3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1);
  g.channels_last = g.filter_blocks = true;
  const Literal x = stored(small_integers(s, g.input), true).converted(DType::f32),
                ct = stored(small_integers(s, g.output), true).converted(DType::f32),
                v = filter_in_blocks(small_integers(s, g.filter)).converted(DType::f32);
  // A constant that is read as it is stored is not packed.
  CHECK_FALSE(run_kernel(cpu(), Conv{g}, {x, v}, {1, {1}}).absorbed[1]);
  CHECK(run_kernel(cpu(), ConvInputGrad{g}, {ct, v}, {1, {1}}).absorbed[1]);
}

}  // namespace
}  // namespace palimpsest::testing
