#include "ops/window/window.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tests/support/cpu.h"
#include "tests/support/indices.h"
#include "tests/support/run_kernel.h"
#include "tests/support/stored.h"

namespace palimpsest::testing {
namespace {

/// The definition: window p covers x[p * stride + k * dilation - pad_low], k row-major.
void each_place(const WindowGeometry& g,
                const std::function<void(std::size_t y, std::size_t x)>& visit) {
  Integers box{1, 1};
  box.insert(box.end(), g.size.begin(), g.size.end());
  each_index(g.output, [&](const Integers& y) {
    each_index(Shape(box), [&](const Integers& k) {
      Integers x = y;
      for (std::size_t a = 0; a < g.size.size(); ++a) {
        x[a + 2] = y[a + 2] * g.stride[a] + k[a + 2] * g.dilation[a] - g.pad_low[a];
        if (x[a + 2] < 0 || x[a + 2] >= g.input[static_cast<int>(a) + 2]) return;
      }
      visit(place(g.output, y), place(g.input, x));
    });
  });
}

std::int64_t image_elements(const Shape& shape) { return shape.elements() / (shape[0] * shape[1]); }

void check_member(const Op& op, const Literal& operand, const Literal& expected) {
  for (const int threads : {1, 2}) {
    CAPTURE(op.name());
    CAPTURE(operand.dtype());
    const KernelResult result = run_kernel(cpu(), op, {operand}, {threads, {}});
    CHECK(result.value == expected);
    CHECK(result.allocations == 0);
  }
}

/// Small integers tie often, so that the first maximum is put to the test.
void check_family(Sampler& s, const WindowGeometry& g) {
  CAPTURE(g.input);
  CAPTURE(g.output);
  CAPTURE(g.describe());
  const Literal x = small_integers(s, g.input), ct = small_integers(s, g.output);
  const auto xs = x.values<std::int64_t>(), cts = ct.values<std::int64_t>();
  Integers sums(cts.size()), spread(xs.size()), first(cts.size(), -1);
  each_place(g, [&](std::size_t y, std::size_t from) {
    sums[y] += xs[from];
    spread[from] += cts[y];
    if (first[y] < 0 || xs[from] > xs[static_cast<std::size_t>(first[y])])
      first[y] = static_cast<std::int64_t>(from);
  });
  for (std::int64_t& position : first) position %= image_elements(g.input);
  for (const bool last : {false, true}) {
    WindowGeometry laid = g;
    laid.channels_last = last;
    const Literal operand = stored(x, last), places = stored(Literal::of(g.output, first), last);
    for (const DType dtype : {DType::f32, DType::f64}) {
      check_member(WindowSum{laid}, operand.converted(dtype),
                   stored(Literal::of(g.output, sums), last).converted(dtype));
      check_member(WindowSpread{laid}, stored(ct, last).converted(dtype),
                   stored(Literal::of(g.input, spread), last).converted(dtype));
      check_member(WindowArgmax{laid}, operand.converted(dtype), places);
    }
    check_member(WindowArgmax{laid}, operand, places);
  }
}

/// A random geometry; nothing when its windows would not all touch the input.
std::vector<WindowGeometry> sampled_geometry(Sampler& s, int spatial_rank) {
  const auto rank = static_cast<std::size_t>(spatial_rank);
  Integers input = s.integers(2, 1, 3);
  const Integers spatial = s.integers(rank, 1, spatial_rank > 2 ? 6 : 10);
  input.insert(input.end(), spatial.begin(), spatial.end());
  const Rounding rounding = s.coin() ? Rounding::floor : Rounding::ceil;
  try {
    return {window_geometry(Shape(input), s.integers(rank, 1, 4), s.integers(rank, 1, 3),
                            s.integers(rank, 1, 2), s.integers(rank, 0, 2), s.integers(rank, 0, 2),
                            rounding)};
  } catch (const ShapeError&) {
    return {};
  }
}

std::string error_of(const Shape& input, Integers size, Integers stride, Integers dilation,
                     Integers pad_low, Integers pad_high) {
  try {
    window_geometry(input, size, stride, dilation, pad_low, pad_high);
  } catch (const ShapeError& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("sums, spreads and maxima of windows equal their definition on sampled geometries") {
  int checked = 0;
  for (std::uint64_t seed = 0; checked < 240; ++seed) {
    Sampler s(seed);
    for (const WindowGeometry& g : sampled_geometry(s, static_cast<int>(seed % 4) + 1)) {
      CAPTURE(seed);
      check_family(s, g);
      ++checked;
    }
  }
}

TEST_CASE("windows over more channels than are walked together equal their definition") {
  Sampler s(7);
  check_family(s, window_geometry({2, 70, 7, 6}, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}));
  check_family(s, window_geometry({1, 64, 9}, {2}, {2}, {1}, {0}, {0}));
}

TEST_CASE("accepted geometries have no window wholly in the padding, refused ones have one") {
  int refused = 0, accepted = 0;
  for (std::int64_t extent = 1; extent <= 4; ++extent)
    for (std::int64_t size = 1; size <= 3; ++size)
      for (std::int64_t stride = 1; stride <= 3; ++stride)
        for (std::int64_t dilation = 1; dilation <= 4; ++dilation)
          for (std::int64_t low = 0; low <= 5; ++low)
            for (std::int64_t high = 0; high <= 5; ++high) {
              const std::int64_t room = extent + low + high - (size - 1) * dilation - 1;
              if (room < 0) continue;
              bool all_touch = true;
              for (std::int64_t p = 0; p <= room / stride; ++p) {
                bool touches = false;
                for (std::int64_t k = 0; k < size; ++k) {
                  const std::int64_t x = p * stride + k * dilation - low;
                  touches |= x >= 0 && x < extent;
                }
                all_touch &= touches;
              }
              const std::string error =
                  error_of({1, 1, extent}, {size}, {stride}, {dilation}, {low}, {high});
              CHECK(contains(error, "wholly in the padding") == !all_touch);
              CHECK(contains(error, "no error") == all_touch);
              ++(all_touch ? accepted : refused);
            }
  CHECK(refused > 100);
  CHECK(accepted > 100);
}

TEST_CASE("rounding up adds a window, but none that begins in the high padding") {
  const auto extent = [](std::int64_t input, std::int64_t pad, Rounding rounding) {
    return window_geometry({1, 1, input}, {2}, {2}, {1}, {pad}, {pad}, rounding).output[2];
  };
  CHECK(extent(5, 0, Rounding::floor) == 2);
  CHECK(extent(5, 0, Rounding::ceil) == 3);
  CHECK(extent(4, 0, Rounding::ceil) == 2);
  // Padded to 7: the window that rounding up adds would begin at 6, the place of the padding.
  CHECK(extent(5, 1, Rounding::ceil) == 3);
}

TEST_CASE("the first NaN of a window is its maximum") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const Literal x = Literal::of<double>({1, 1, 6}, {inf, nan, 3, nan, -inf, -inf});
  WindowGeometry g = window_geometry({1, 1, 6}, {3}, {1}, {1}, {0}, {0});
  for (const bool last : {false, true}) {
    g.channels_last = last;
    CHECK(run_kernel(cpu(), WindowArgmax{g}, {stored(x, last)}).value ==
          stored(Literal::of<std::int64_t>({1, 1, 4}, {1, 1, 3, 3}), last));
  }
}

TEST_CASE("padding never is the maximum, not even of minus infinities") {
  const double inf = std::numeric_limits<double>::infinity();
  const Literal x = Literal::of<double>({1, 1, 2}, {-inf, -inf});
  WindowGeometry g = window_geometry({1, 1, 2}, {2}, {1}, {1}, {1}, {1});
  for (const bool last : {false, true}) {
    g.channels_last = last;
    CHECK(run_kernel(cpu(), WindowArgmax{g}, {stored(x, last)}).value ==
          stored(Literal::of<std::int64_t>({1, 1, 3}, {0, 0, 1}), last));
  }
}

TEST_CASE("window geometry errors name the field") {
  const Shape x{1, 2, 5, 5};
  const Integers one{1, 1}, two{2, 2}, none{0, 0};
  CHECK(contains(error_of(x, {2, 0}, one, one, none, none), "size[1]"));
  CHECK(contains(error_of(x, two, {0, 1}, one, none, none), "stride[0]"));
  CHECK(contains(error_of(x, two, one, {1, -2}, none, none), "dilation[1]"));
  CHECK(contains(error_of(x, two, one, one, {-1, 0}, none), "pad_low[0]"));
  CHECK(contains(error_of(x, two, one, one, none, {0, -1}), "pad_high[1]"));
  CHECK(contains(error_of(x, {2}, one, one, none, none), "size: 2 entries"));
  CHECK(contains(error_of(x, {6, 1}, one, one, none, none), "size[0]: a window of 6"));
  CHECK(contains(error_of({1, 2}, {}, {}, {}, {}, {}), "input: [N, C, spatial...]"));
}

TEST_CASE("windows refuse operands of another shape or dtype") {
  const WindowGeometry g = window_geometry({1, 1, 4}, {2}, {2}, {1}, {0}, {0});
  const auto refuses = [](const Op& op, const TensorType& type) {
    CHECK_THROWS_AS((void)op.infer(std::vector{type}), ShapeError);
  };
  refuses(WindowSum{g}, {DType::f32, {1, 1, 5}});
  refuses(WindowSpread{g}, {DType::f32, {1, 1, 4}});
  refuses(WindowSum{g}, {DType::i64, {1, 1, 4}});
  refuses(WindowArgmax{g}, {DType::boolean, {1, 1, 4}});
}

}  // namespace palimpsest::testing
