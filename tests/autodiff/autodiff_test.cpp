// vjp, jvp and gradient as transformations of graphs: what they accept, return and leave alone.

#include "autodiff/autodiff.h"

#include "graph/verify.h"
#include "tests/support/trial.h"

using namespace palimpsest;
using namespace palimpsest::testing;

namespace {

struct Fixture : Trial {
  Value x = vector({1, 2, 3});
  Value y = vector({4, 5, 6});
};

}  // namespace

TEST_CASE("a value that no output depends on gets zeros") {
  Fixture f;
  const Value y = sin(f.x);
  CHECK(f.numbers(autodiff::vjp(std::array{y}, std::array{y}, std::array{f.y})[0]) ==
        Numbers{0, 0, 0});
  CHECK(f.numbers(autodiff::jvp(std::array{y}, std::array{f.y}, std::array{f.y})[0]) ==
        Numbers{0, 0, 0});
}

TEST_CASE("a variable created after the outputs gets zeros") {
  Fixture f;
  const Value y = sin(f.x), later = exp(f.x);
  CHECK(f.numbers(autodiff::vjp(std::array{y}, std::array{y}, std::array{later})[0]) ==
        Numbers{0, 0, 0});
  CHECK(f.numbers(autodiff::jvp(std::array{y}, std::array{later}, std::array{later})[0]) ==
        Numbers{0, 0, 0});
}

TEST_CASE("intermediate values can be variables, and nothing is followed behind them") {
  Fixture f;
  const Value square = f.x * f.x, product = square * f.x;
  const auto slopes =
      autodiff::vjp(std::array{product}, std::array{ones_like(product)}, std::array{square, f.x});
  CHECK(f.numbers(slopes[0]) == Numbers{1, 2, 3});  // d(square * x) / d square = x
  CHECK(f.numbers(slopes[1]) == Numbers{1, 4, 9});  // with square held: x^2, not 3 x^2
  const auto moved = autodiff::jvp(std::array{product}, std::array{square, f.x},
                                   std::array{ones_like(square), ones_like(f.x)});
  CHECK(f.numbers(moved[0]) == Numbers{2, 6, 12});
}

TEST_CASE("an output that is a variable has its cotangent as derivative") {
  Fixture f;
  CHECK(autodiff::vjp(std::array{f.x}, std::array{f.y}, std::array{f.x})[0] == f.y);
  CHECK(autodiff::jvp(std::array{f.x}, std::array{f.x}, std::array{f.y})[0] == f.y);
}

TEST_CASE("cotangents of several outputs add up") {
  Fixture f;
  const auto slopes =
      autodiff::vjp(std::array{f.x * 2.0, f.x * f.y}, std::array{f.x, f.x}, std::array{f.x, f.y});
  CHECK(f.numbers(slopes[0]) == Numbers{6, 14, 24});  // 2 x + x y
  CHECK(f.numbers(slopes[1]) == Numbers{1, 4, 9});
}

TEST_CASE("derivatives of any order are the same call again") {
  Fixture f;
  Value derivative = sum_all(f.x * f.x * f.x * f.x);
  for (int order = 1; order <= 3; ++order)
    derivative = sum_all(autodiff::gradient(derivative, std::array{f.x})[0]);
  CHECK(f.numbers(derivative) == Numbers{24 + 48 + 72});
  CHECK_NOTHROW(verify(f.function));
  CHECK(f.numbers(autodiff::gradient(derivative, std::array{f.x})[0]) == Numbers{24, 24, 24});
}

TEST_CASE("derivatives have the type of the variable") {
  Function function;
  const Value narrow = function.graph->input({DType::f32, {2}});
  const Value y = cast(narrow, DType::f64) * 3.0;
  const Value slope = autodiff::vjp(std::array{y}, std::array{ones_like(y)}, std::array{narrow})[0];
  CHECK(slope.type() == narrow.type());
  function.inputs = {narrow};
  function.outputs = {slope};
  const std::vector<Literal> point{Literal::of({2}, std::vector<float>{1, 2})};
  CHECK(runtime::evaluate(function, point, cpu())[0].doubles() == Numbers{3, 3});
}

TEST_CASE("differentiation appends and changes no node") {
  Fixture f;
  const Value y = tanh(f.x * f.y);
  const std::uint32_t before = f.function.graph->size();
  const Numbers value = f.numbers(y);
  const Value slope = autodiff::gradient(sum_all(y), std::array{f.x})[0];
  CHECK(slope.index() >= before);
  CHECK(f.numbers(y) == value);
}

TEST_CASE("directions must match their values in number and type") {
  Fixture f;
  const Value y = sin(f.x), scalar = sum_all(y);
  CHECK_THROWS_AS(autodiff::vjp(std::array{y}, {}, std::array{f.x}), ShapeError);
  CHECK_THROWS_WITH_AS(autodiff::vjp(std::array{y}, std::array{scalar}, std::array{f.x}),
                       "vjp: direction 0: f64[3] expected, f64[] came", ShapeError);
  CHECK_THROWS_WITH_AS(autodiff::jvp(std::array{y}, std::array{f.x}, std::array{scalar}),
                       "jvp: direction 0: f64[3] expected, f64[] came", ShapeError);
}

TEST_CASE("derivatives by integers are refused") {
  Function function;
  const Value labels = function.graph->input({DType::i64, {2}});
  CHECK_THROWS_AS(autodiff::vjp(std::array{labels}, std::array{labels}, std::array{labels}),
                  UnsupportedError);
  CHECK_THROWS_AS(autodiff::jvp(std::array{labels}, std::array{labels}, std::array{labels}),
                  UnsupportedError);
}

TEST_CASE("the gradient of a tensor is refused") {
  Fixture f;
  CHECK_THROWS_WITH_AS(autodiff::gradient(f.x, std::array{f.x}),
                       "gradient: a rank-0 value expected, f64[3] came", ShapeError);
}

TEST_CASE("no outputs give zeros") {
  Fixture f;
  CHECK(f.numbers(autodiff::vjp({}, {}, std::array{f.x})[0]) == Numbers{0, 0, 0});
  CHECK(autodiff::jvp({}, std::array{f.x}, std::array{f.y}).empty());
}
