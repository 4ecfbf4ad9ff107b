#include "ops/conv/conv.h"

#include <doctest/doctest.h>

#include <functional>
#include <numeric>

#include "graph/function.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"
#include "tests/support/cpu.h"
#include "tests/support/indices.h"
#include "tests/support/run_kernel.h"
#include "tests/support/stored.h"

namespace palimpsest::testing {
namespace {

/// Where a term of <ct, conv(x, w)> reads: one element of each of the three.
struct Term {
  std::size_t x, w, y;
};

/// The definition: y[n,o,p] sums x[n, c, p * stride + k * dilation - pad_low] * w[o,c,k].
void each_term(const ConvGeometry& g, const std::function<void(Term)>& visit) {
  each_index(g.output, [&](const Integers& y) {
    each_index(g.filter.with(0, 1), [&](const Integers& k) {
      Integers w = k, x = k;
      w[0] = y[1];
      x[0] = y[0];
      x[1] = y[1] / (g.filter[0] / g.groups) * g.filter[1] + k[1];
      for (std::size_t a = 0; a < g.stride.size(); ++a) {
        x[a + 2] = y[a + 2] * g.stride[a] + k[a + 2] * g.dilation[a] - g.pad_low[a];
        if (x[a + 2] < 0 || x[a + 2] >= g.input[static_cast<int>(a) + 2]) return;
      }
      visit({place(g.input, x), place(g.filter, w), place(g.output, y)});
    });
  });
}

/// Integer operands of the family and the three exact results.
struct Example {
  Example(Sampler& s, const ConvGeometry& g)
      : x(small_integers(s, g.input)),
        w(small_integers(s, g.filter)),
        ct(small_integers(s, g.output)) {
    Integers y_sum(ct.values<std::int64_t>().size()), x_sum(x.values<std::int64_t>().size()),
        w_sum(w.values<std::int64_t>().size());
    const auto xs = x.values<std::int64_t>(), ws = w.values<std::int64_t>(),
               cts = ct.values<std::int64_t>();
    each_term(g, [&](Term t) {
      y_sum[t.y] += xs[t.x] * ws[t.w];
      x_sum[t.x] += cts[t.y] * ws[t.w];
      w_sum[t.w] += cts[t.y] * xs[t.x];
    });
    y = Literal::of(g.output, y_sum);
    dx = Literal::of(g.input, x_sum);
    dw = Literal::of(g.filter, w_sum);
  }
  Literal x, w, ct;
  Literal y, dx, dw;
};

void check_member(const Op& op, const std::vector<Literal>& operands, const Literal& expected,
                  DType dtype, const KernelRun& options) {
  std::vector<Literal> converted;
  for (const Literal& operand : operands) converted.push_back(operand.converted(dtype));
  const KernelResult result = run_kernel(cpu(), op, converted, options);
  CAPTURE(result.algorithm);
  CHECK(result.value == expected.converted(dtype));
}

/// All three members, with either way of handing the operands over.
void check_family(Sampler& s, ConvGeometry g) {
  const Example e(s, g);
  g.channels_last = s.coin();
  const KernelRun options = s.coin() ? KernelRun{1, {}} : KernelRun{2, {1}};
  CAPTURE(g.input);
  CAPTURE(g.filter);
  CAPTURE(g.describe());
  CAPTURE(options.threads);
  for (const DType dtype : {DType::f32, DType::f64}) {
    CAPTURE(dtype);
    const Literal x = stored(e.x, g.channels_last), ct = stored(e.ct, g.channels_last);
    check_member(Conv{g}, {x, e.w}, stored(e.y, g.channels_last), dtype, options);
    check_member(ConvInputGrad{g}, {ct, e.w}, stored(e.dx, g.channels_last), dtype, options);
    check_member(ConvFilterGrad{g}, {ct, x}, e.dw, dtype, options);
  }
}

double inner(const Literal& a, const Literal& b) {
  const std::vector<double> as = a.doubles(), bs = b.doubles();
  return std::inner_product(as.begin(), as.end(), bs.begin(), 0.0);
}

/// <ct, op(a, b)> = <a, transpose 0 of ct> = <b, transpose 1 of ct>, exactly.
template <class Member>
void check_adjoints(const Member& op, const Literal& a, const Literal& b, const Literal& ct) {
  std::vector<Literal> data;
  Function f;
  for (const Literal& literal : {a, b, ct}) {
    data.push_back(literal.converted(DType::f64));
    f.inputs.push_back(f.graph->input(data.back().type()));
  }
  const Operands operands = Operands(f.inputs).first(2);
  f.outputs = {f.graph->add(op, {f.inputs[0], f.inputs[1]}), op.transpose(0, operands, f.inputs[2]),
               op.transpose(1, operands, f.inputs[2])};
  const std::vector<Literal> out = runtime::evaluate(f, data, cpu());
  CHECK(inner(data[2], out[0]) == inner(data[0], out[1]));
  CHECK(inner(data[2], out[0]) == inner(data[1], out[2]));
}

struct Channels {
  std::int64_t groups, inputs, outputs;  ///< inputs and outputs of one group
};

/// A random geometry that is valid by construction: the input is as large as the window needs.
ConvGeometry sampled_geometry(Sampler& s, int spatial_rank, Channels channels) {
  const auto rank = static_cast<std::size_t>(spatial_rank);
  const Integers kernel = s.integers(rank, 1, 3), stride = s.integers(rank, 1, 3),
                 dilation = s.integers(rank, 1, 2), low = s.integers(rank, 0, 2),
                 high = s.integers(rank, 0, 2);
  Integers input{s.integer(1, 3), channels.groups * channels.inputs};
  Integers filter{channels.groups * channels.outputs, channels.inputs};
  for (std::size_t a = 0; a < rank; ++a) {
    const std::int64_t least = (kernel[a] - 1) * dilation[a] + 1 - low[a] - high[a];
    input.push_back(std::max<std::int64_t>(least, 1) + s.integer(0, spatial_rank > 2 ? 3 : 6));
    filter.push_back(kernel[a]);
  }
  return conv_geometry(Shape(input), Shape(filter), stride, dilation, low, high, channels.groups);
}

}  // namespace

TEST_CASE("all three convolutions equal their definition on sampled geometries") {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Sampler s(seed);
    const int rank = seed % 30 == 29 ? 4 : static_cast<int>(seed % 3) + 1;
    const std::int64_t groups = s.one_of<std::int64_t>({1, 1, 2, 3});
    const Channels channels{groups, s.integer(1, 4), s.integer(1, 4)};
    CAPTURE(seed);
    check_family(s, sampled_geometry(s, rank, channels));
  }
}

TEST_CASE("all three convolutions equal their definition with channels as wide as vectors") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Sampler s(1000 + seed);
    const std::int64_t groups = s.one_of<std::int64_t>({1, 1, 2});
    const Channels channels{groups, s.one_of<std::int64_t>({3, 16, 32}),
                            s.one_of<std::int64_t>({8, 16, 48})};
    CAPTURE(seed);
    check_family(s, sampled_geometry(s, static_cast<int>(seed % 3) + 1, channels));
  }
}

TEST_CASE("all three depthwise convolutions equal their definition") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Sampler s(2000 + seed);
    const Channels channels{s.one_of<std::int64_t>({5, 16, 32}), 1, s.integer(1, 2)};
    CAPTURE(seed);
    check_family(s, sampled_geometry(s, static_cast<int>(seed % 3) + 1, channels));
  }
}

TEST_CASE("all three pointwise convolutions equal their definition") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Sampler s(3000 + seed);
    const std::int64_t stride = s.integer(1, 2);
    const Shape input{s.integer(1, 3), s.integer(1, 40), s.integer(1, 9), s.integer(1, 9)};
    CAPTURE(seed);
    check_family(s, conv_geometry(input, {s.integer(1, 40), input[1], 1, 1}, {stride, stride},
                                  {1, 1}, {0, 0}, {0, 0}, 1));
  }
}

TEST_CASE("input places behind the last window get no cotangent and give none") {
  // 8 = 3 windows of 3 with stride 2, and a rest of 1.
  Sampler s(1);
  const ConvGeometry g =
      conv_geometry({1, 2, 8, 8}, {3, 2, 3, 3}, {2, 2}, {1, 1}, {0, 0}, {0, 0}, 1);
  CHECK(g.output == Shape{1, 3, 3, 3});
  check_family(s, g);
}

TEST_CASE("windows wholly in the padding give zeros") {
  Sampler s(1);
  const ConvGeometry g = conv_geometry({1, 1, 3}, {1, 1, 2}, {2}, {1}, {4}, {5}, 1);
  check_family(s, g);
}

TEST_CASE("an empty batch has an empty result and a zero filter gradient") {
  Sampler s(1);
  check_family(s, conv_geometry({0, 2, 4, 4}, {3, 2, 3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1));
}

TEST_CASE("every transpose of every convolution is its adjoint") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    Sampler s(4000 + seed);
    const ConvGeometry g = sampled_geometry(s, static_cast<int>(seed % 3) + 1, {2, 2, 3});
    CAPTURE(seed);
    CAPTURE(g.describe());
    const Literal x = small_integers(s, g.input), w = small_integers(s, g.filter),
                  y = small_integers(s, g.output);
    check_adjoints(Conv{g}, x, w, y);
    check_adjoints(ConvInputGrad{g}, y, w, x);
    check_adjoints(ConvFilterGrad{g}, y, x, w);
  }
}

TEST_CASE("a constant filter is packed once and then not needed any more") {
  Sampler s(1);
  const ConvGeometry g =
      conv_geometry({1, 16, 8, 8}, {32, 16, 3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1);
  const Literal x = small_integers(s, g.input).converted(DType::f32);
  const Literal w = small_integers(s, g.filter).converted(DType::f32);
  const KernelResult constant = run_kernel(cpu(), Conv{g}, {x, w}, {1, {1}});
  const KernelResult variable = run_kernel(cpu(), Conv{g}, {x, w});
  CHECK(constant.absorbed[1] == (constant.resident_bytes > 0));
  CHECK_FALSE(variable.absorbed[1]);
  CHECK(constant.value == variable.value);
}

TEST_CASE("convolutions in f64 allocate nothing when they run") {
  Sampler s(1);
  const ConvGeometry g =
      conv_geometry({2, 4, 9, 9}, {6, 2, 3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}, 2);
  const Literal x = small_integers(s, g.input).converted(DType::f64);
  const Literal w = small_integers(s, g.filter).converted(DType::f64);
  const Literal y = small_integers(s, g.output).converted(DType::f64);
  for (const int threads : {1, 2}) {
    CHECK(run_kernel(cpu(), Conv{g}, {x, w}, {threads, {}}).allocations == 0);
    CHECK(run_kernel(cpu(), ConvInputGrad{g}, {y, w}, {threads, {}}).allocations == 0);
    CHECK(run_kernel(cpu(), ConvFilterGrad{g}, {y, x}, {threads, {}}).allocations == 0);
  }
}

TEST_CASE("geometry errors name the field") {
  const auto message = [](auto... arguments) -> std::string {
    try {
      conv_geometry(arguments...);
    } catch (const ShapeError& error) {
      return error.what();
    }
    return "no error";
  };
  const auto names = [](const std::string& text, const char* field) {
    CAPTURE(text);
    CHECK(text.find(field) != std::string::npos);
  };
  const Shape x{1, 4, 5, 5}, w{6, 4, 3, 3};
  const Integers one{1, 1}, none{0, 0};
  names(message(x, w, Integers{1, 0}, one, none, none, 1), "stride[1]");
  names(message(x, w, one, Integers{-1, 1}, none, none, 1), "dilation[0]");
  names(message(x, w, one, one, Integers{-1, 0}, none, 1), "pad_low[0]");
  names(message(x, w, one, one, none, Integers{0, -3}, 1), "pad_high[1]");
  names(message(x, w, Integers{1}, one, none, none, 1), "stride: 2 entries");
  names(message(x, w, one, one, none, none, 0), "groups: at least 1");
  names(message(x, w, one, one, none, none, 3), "groups: 3 must divide");
  names(message(x, Shape{6, 3, 3, 3}, one, one, none, none, 1), "filter: 4 channels");
  names(message(x, Shape{6, 4, 3}, one, one, none, none, 1), "filter: rank 4");
  names(message(x, Shape{6, 4, 3, 0}, one, one, none, none, 1), "size[1]");
  names(message(x, Shape{6, 4, 6, 3}, one, one, none, none, 1), "size[0]: a window of 6");
  names(message(x, w, one, Integers{1, 3}, none, none, 1), "size[1]: a window of 3");
  names(message(Shape{1, 4}, Shape{6, 4}, Integers{}, Integers{}, Integers{}, Integers{}, 1),
        "input: [N, C, spatial...]");
  // (2^40 - 1) * 2^24 has more than 63 bits.
  names(message(Shape{1, 1, 5}, Shape{1, 1, std::int64_t{1} << 40}, Integers{1}, Integers{1 << 24},
                Integers{0}, Integers{0}, 1),
        "size[0]");
}

// Small integers are exact in bf16, so results are those of the definition.
TEST_CASE("operands stored as bf16 give the sums of their values") {
  Sampler s(17);
  for (const std::int64_t channels : {3, 16, 40}) {
    ConvGeometry g =
        conv_geometry({2, channels, 7, 6}, {24, channels, 3, 3}, {1, 2}, {1, 1}, {1, 1}, {1, 0}, 1);
    g.channels_last = true;
    const Example e(s, g);
    const auto narrow = [](const Literal& literal) { return literal.converted(DType::bf16); };
    const Literal x = narrow(stored(e.x, true)), ct = narrow(stored(e.ct, true)), w = narrow(e.w);
    const auto check = [&](const Op& op, const std::vector<Literal>& operands,
                           const Literal& expected) {
      for (const std::vector<std::size_t>& constants : {std::vector<std::size_t>{}, {1}}) {
        const KernelResult result = run_kernel(cpu(), op, operands, {2, constants});
        CAPTURE(result.algorithm);
        CHECK(result.value == expected.converted(DType::f32));
      }
    };
    check(Conv{g}, {x, w}, stored(e.y, true));
    check(ConvInputGrad{g}, {ct, w}, stored(e.dx, true));
    check(ConvFilterGrad{g}, {ct, x}, e.dw);
    check(Conv{g}, {x, e.w.converted(DType::f32)}, stored(e.y, true));
  }
}

TEST_CASE("operands stored as bf16 are widened where no kernel reads them") {
  Sampler s(3);
  const Integers ones(4, 1), padding{0, 0, 1, 0};
  const ConvGeometry g =
      conv_geometry({1, 6, 1, 1, 5, 4}, {6, 3, 1, 1, 3, 2}, ones, ones, padding, padding, 2);
  const Example e(s, g);
  const std::vector<Literal> operands{e.x.converted(DType::bf16), e.w.converted(DType::bf16)};
  const KernelResult result = run_kernel(cpu(), Conv{g}, operands);
  CHECK(result.algorithm == "widened own:gemm");
  CHECK(result.value == e.y.converted(DType::f32));
}

TEST_CASE("convolutions by the same constant filter share what is packed of it") {
  ConvGeometry g = conv_geometry({1, 32, 9, 9}, {32, 32, 3, 3}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1);
  g.channels_last = true;
  const TensorType image{DType::f32, g.stored_input()}, filter{DType::f32, g.filter};
  const auto constants = [&](int times) {
    Function f;
    f.inputs = {f.graph->input(image)};
    const Value w = f.graph->constant(Literal::filled(filter, 0.5));
    Value y = f.inputs[0];
    for (int i = 0; i < times; ++i) y = conv(y, w, g);
    f.outputs = {y};
    return runtime::compile(f, cpu()).memory().constants;
  };
  CHECK(constants(1) >= filter.bytes());
  CHECK(constants(3) == constants(1));
}

}  // namespace palimpsest::testing
