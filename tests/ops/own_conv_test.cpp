// Our own channels-last convolution kernels, each by itself, against the im2col product in f64.

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "ops/conv/cpu_conv.h"
#include "runtime/kernel_table.h"
#include "tests/support/cpu.h"
#include "tests/support/indices.h"
#include "tests/support/run_kernel.h"
#include "tests/support/stored.h"

namespace palimpsest::testing {
namespace {

using Factory = std::unique_ptr<runtime::Kernel> (*)(const ConvGeometry&, ConvRole,
                                                     const runtime::KernelRequest&);

template <Factory factory, class Member, ConvRole role>
std::unique_ptr<runtime::Kernel> prepare(const runtime::KernelRequest& request) {
  auto kernel = factory(request.op.as<Member>()->geometry, role, request);
  return kernel ? std::move(kernel) : throw UnsupportedError("no such kernel");
}

template <Factory factory>
runtime::KernelTable only() {
  runtime::KernelTable table;
  table.add<Conv>(prepare<factory, Conv, ConvRole::forward>);
  table.add<ConvInputGrad>(prepare<factory, ConvInputGrad, ConvRole::input_grad>);
  table.add<ConvFilterGrad>(prepare<factory, ConvFilterGrad, ConvRole::filter_grad>);
  return table;
}

/// Integer operands: every sum is exact, so the kernels must agree to the bit. With one thread or
/// two, with a packed filter or one that comes with the run.
void check_member(const runtime::KernelTable& table, const Op& op, const Literal& a,
                  const Literal& b, bool packable) {
  const Literal expected =
      run_kernel(only<gemm_conv_kernel>(), op, {a.converted(DType::f64), b.converted(DType::f64)})
          .value.converted(DType::f32);
  CAPTURE(op.name());
  for (const KernelRun& options : {KernelRun{1, {}}, KernelRun{2, {}}, KernelRun{1, {1}}}) {
    if (!options.constants.empty() && !packable) continue;
    const KernelResult result =
        run_kernel(table, op, {a.converted(DType::f32), b.converted(DType::f32)}, options);
    CHECK(result.value == expected);
    CHECK(result.allocations == 0);
    CHECK(result.absorbed[1] == !options.constants.empty());
  }
}

/// The roles that the table's kernel has for this geometry: all must be right.
void check_roles(const runtime::KernelTable& table, Sampler& s, ConvGeometry g,
                 std::initializer_list<ConvRole> roles) {
  g.channels_last = true;
  CAPTURE(g.input);
  CAPTURE(g.filter);
  CAPTURE(g.describe());
  const Literal x = stored(small_integers(s, g.input), true),
                ct = stored(small_integers(s, g.output), true), w = small_integers(s, g.filter);
  for (const ConvRole role : roles) {
    if (role == ConvRole::forward) check_member(table, Conv{g}, x, w, true);
    if (role == ConvRole::input_grad) check_member(table, ConvInputGrad{g}, ct, w, true);
    if (role == ConvRole::filter_grad) check_member(table, ConvFilterGrad{g}, ct, x, false);
  }
}

constexpr std::initializer_list<ConvRole> all_roles{ConvRole::forward, ConvRole::input_grad,
                                                    ConvRole::filter_grad};

/// Any geometry of these channels that is valid; every axis has its own stride and padding.
ConvGeometry sampled_geometry(Sampler& s, std::int64_t groups, std::int64_t inputs,
                              std::int64_t outputs, std::int64_t most_kernel) {
  const std::size_t rank = s.integer(0, 3) == 0 ? 1 : 2;
  const Integers kernel = s.integers(rank, 1, most_kernel), stride = s.integers(rank, 1, 3),
                 dilation = s.coin() ? Integers(rank, 1) : s.integers(rank, 1, 2),
                 low = s.integers(rank, 0, 3), high = s.integers(rank, 0, 3);
  Integers input{s.integer(1, 2), groups * inputs}, filter{groups * outputs, inputs};
  for (std::size_t a = 0; a < rank; ++a) {
    const std::int64_t least = (kernel[a] - 1) * dilation[a] + 1 - low[a] - high[a];
    input.push_back(std::max<std::int64_t>(least, 1) + s.integer(0, 20));
    filter.push_back(kernel[a]);
  }
  return conv_geometry(Shape(input), Shape(filter), stride, dilation, low, high, groups);
}

ConvGeometry square_geometry(std::int64_t images, std::int64_t channels, std::int64_t size,
                             std::int64_t outputs, std::int64_t kernel, std::int64_t stride,
                             std::int64_t groups) {
  const std::int64_t pad = kernel / 2;
  return conv_geometry({images, channels, size, size}, {outputs, channels / groups, kernel, kernel},
                       {stride, stride}, {1, 1}, {pad, pad}, {pad, pad}, groups);
}

}  // namespace

TEST_CASE("own depthwise kernels are exact on sampled geometries") {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    Sampler s(seed);
    const auto channels = s.one_of<std::int64_t>({4, 5, 8, 11, 16, 17, 24, 32, 40, 48, 67});
    CAPTURE(seed);
    check_roles(only<depthwise_conv_kernel>(), s, sampled_geometry(s, channels, 1, 1, 7),
                all_roles);
  }
}

TEST_CASE("own depthwise kernels are exact on the shapes of mobile networks") {
  Sampler s(1);
  for (const std::int64_t size : {7, 14, 28})
    for (const std::int64_t kernel : {3, 5, 7})
      for (const std::int64_t stride : {1, 2})
        check_roles(only<depthwise_conv_kernel>(), s,
                    square_geometry(2, 40, size, 40, kernel, stride, 40), all_roles);
}

TEST_CASE("own kernels of small groups are exact on sampled geometries") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Sampler s(seed);
    // By the processor's vectors: 16, 8 and 4 channels at a time.
    const auto channels = s.one_of<std::int64_t>({4, 8, 12, 16, 24, 32, 48, 64});
    const std::int64_t group = channels % 8 == 0 && s.coin() ? 8 : 4;
    CAPTURE(seed);
    check_roles(only<group_conv_kernel>(), s,
                sampled_geometry(s, channels / group, group, group, 5), all_roles);
  }
}

TEST_CASE("own kernels of small groups are exact on the shapes of ResNeXt") {
  Sampler s(1);
  for (const std::int64_t size : {7, 14, 28, 32, 56})
    for (const std::int64_t group : {4, 8})
      for (const std::int64_t stride : {1, 2})
        check_roles(only<group_conv_kernel>(), s,
                    square_geometry(1, 32, size, 32, 3, stride, 32 / group), all_roles);
}

TEST_CASE("own input gradients of images are exact on sampled geometries") {
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    Sampler s(seed);
    const auto outputs = s.one_of<std::int64_t>({4, 5, 7, 8, 12, 16, 17, 24, 32, 40, 64});
    CAPTURE(seed);
    check_roles(only<stem_conv_kernel>(), s, sampled_geometry(s, 1, s.integer(1, 4), outputs, 7),
                {ConvRole::input_grad});
  }
}

TEST_CASE("own input gradients of images are exact on the first layers of networks") {
  Sampler s(1);
  for (const std::int64_t channels : {1, 3})
    for (const auto& [size, outputs, kernel, stride] : {std::array<std::int64_t, 4>{56, 64, 7, 2},
                                                        {32, 64, 3, 1},
                                                        {64, 32, 3, 2},
                                                        {32, 12, 5, 2},
                                                        {32, 16, 3, 1},
                                                        {32, 96, 4, 4}})
      check_roles(only<stem_conv_kernel>(), s,
                  square_geometry(2, channels, size, outputs, kernel, stride, 1),
                  {ConvRole::input_grad});
}

TEST_CASE("the intended kernel is chosen for each kind of channels-last convolution") {
  const auto chosen = [](const ConvGeometry& first, ConvRole role) {
    ConvGeometry g = first;
    g.channels_last = true;
    Sampler s(1);
    const Literal x = stored(small_integers(s, g.input), true).converted(DType::f32),
                  ct = stored(small_integers(s, g.output), true).converted(DType::f32),
                  w = small_integers(s, g.filter).converted(DType::f32);
    if (role == ConvRole::forward) return run_kernel(cpu(), Conv{g}, {x, w}).algorithm;
    if (role == ConvRole::input_grad) return run_kernel(cpu(), ConvInputGrad{g}, {ct, w}).algorithm;
    return run_kernel(cpu(), ConvFilterGrad{g}, {ct, x}).algorithm;
  };
  // MobileNet, EfficientNet, ConvNeXt
  const ConvGeometry three = square_geometry(1, 32, 14, 32, 3, 1, 32),
                     five = square_geometry(1, 32, 14, 32, 5, 2, 32),
                     seven = square_geometry(1, 96, 14, 96, 7, 1, 96);
  CHECK(chosen(three, ConvRole::input_grad) == "own:depthwise");
  for (const ConvRole role : all_roles) {
    CHECK(chosen(five, role) == "own:depthwise");
    CHECK(chosen(seven, role) == "own:depthwise");
  }
  // ResNeXt-50 32x4d
  const ConvGeometry fours = square_geometry(1, 128, 14, 128, 3, 1, 32),
                     eights = square_geometry(1, 256, 14, 256, 3, 2, 32);
  for (const ConvRole role : all_roles) CHECK(chosen(fours, role) == "own:groups");
  CHECK(chosen(eights, ConvRole::filter_grad) == "own:groups");
  // ResNet, VGG, LeNet; a vision transformer's patches are left to oneDNN
  CHECK(chosen(square_geometry(1, 3, 32, 64, 7, 2, 1), ConvRole::input_grad) == "own:stem");
  CHECK(chosen(square_geometry(1, 3, 32, 64, 3, 1, 1), ConvRole::input_grad) == "own:stem");
  CHECK(chosen(square_geometry(1, 3, 32, 12, 5, 2, 1), ConvRole::input_grad) == "own:stem");
  CHECK(chosen(square_geometry(1, 3, 32, 64, 8, 8, 1), ConvRole::input_grad) != "own:stem");
}

TEST_CASE("operands in bf16 are widened for own kernels where oneDNN's are slower still") {
  Sampler s(1);
  for (ConvGeometry g :
       {square_geometry(1, 32, 9, 32, 5, 1, 32), square_geometry(1, 16, 9, 16, 3, 2, 4)}) {
    g.channels_last = true;
    const Literal x = stored(small_integers(s, g.input), true),
                  ct = stored(small_integers(s, g.output), true);
    const Literal expected = run_kernel(only<gemm_conv_kernel>(), ConvFilterGrad{g},
                                        {ct.converted(DType::f64), x.converted(DType::f64)})
                                 .value.converted(DType::f32);
    const KernelResult result =
        run_kernel(cpu(), ConvFilterGrad{g}, {ct.converted(DType::bf16), x.converted(DType::bf16)});
    CHECK(result.value == expected);
    CHECK(result.algorithm.starts_with("widened own:"));
  }
}

TEST_CASE("own kernels refuse what they were not made for") {
  const auto refused = [](const runtime::KernelTable& table, const ConvGeometry& g, DType dtype) {
    Sampler s(1);
    const Literal x = stored(small_integers(s, g.input), g.channels_last).converted(dtype),
                  w = small_integers(s, g.filter).converted(dtype);
    CHECK_THROWS_AS(run_kernel(table, Conv{g}, {x, w}), UnsupportedError);
  };
  ConvGeometry depthwise = square_geometry(1, 16, 5, 16, 3, 1, 16);
  refused(only<depthwise_conv_kernel>(), depthwise, DType::f32);  // channels first
  depthwise.channels_last = true;
  refused(only<depthwise_conv_kernel>(), depthwise, DType::f64);
  refused(only<depthwise_conv_kernel>(), depthwise, DType::bf16);
  ConvGeometry multiplied = square_geometry(1, 16, 5, 32, 3, 1, 16);
  multiplied.channels_last = true;
  refused(only<depthwise_conv_kernel>(), multiplied, DType::f32);
  ConvGeometry grouped = square_geometry(1, 16, 5, 16, 3, 1, 4);
  refused(only<group_conv_kernel>(), grouped, DType::f32);  // channels first
  grouped.channels_last = true;
  refused(only<group_conv_kernel>(), grouped, DType::f64);
  refused(only<group_conv_kernel>(), grouped, DType::bf16);
  ConvGeometry widening = square_geometry(1, 16, 5, 32, 3, 1, 4);
  widening.channels_last = true;
  refused(only<group_conv_kernel>(), widening, DType::f32);
  ConvGeometry stem = square_geometry(1, 3, 5, 16, 3, 1, 1);
  stem.channels_last = true;
  refused(only<stem_conv_kernel>(), stem, DType::f32);  // another role
}

}  // namespace palimpsest::testing
