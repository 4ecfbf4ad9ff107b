// What the builders simplify and refuse, and what the elementwise kernels do to integers and
// to in-place operands. Derivatives are proved elsewhere.

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/movement/movement.h"
#include "runtime/cpu/parallel.h"
#include "tests/support/run_kernel.h"
#include "tests/support/trial.h"

namespace palimpsest::testing {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

Literal vector_of(const Integers& values) {
  return Literal::of(Shape{static_cast<std::int64_t>(values.size())}, values);
}

template <class P>
Literal computed(P op, const std::vector<Literal>& operands, int threads = 1) {
  return run_kernel(cpu(), op, operands, {threads, {}}).value;
}

template <class P>
Integers integers(P op, const Integers& a, const Integers& b) {
  return computed(op, {vector_of(a), vector_of(b)}).integers();
}

/// The message of the error that f throws.
template <class E, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("neutral elements and double negations leave the other operand") {
  Trial t;
  const Value x = t.vector({1, 2});
  CHECK(x + 0.0 == x);
  CHECK(x - 0.0 == x);
  CHECK(x * 1.0 == x);
  CHECK(x / 1.0 == x);
  CHECK(x * -1.0 == neg(x));
  CHECK(neg(neg(x)) == x);
  CHECK(detach(detach(x)) == detach(x));
  CHECK(cast(x, DType::f64) == x);
  CHECK(pow(x, full_like(x, 1)) == x);
  CHECK(pow(x, full_like(x, 2)) == x * x);
  CHECK(select(less(x, x), x, x) == x);
}

TEST_CASE("a product with zero stays, because it is NaN for infinite operands") {
  Trial t;
  const Value x = t.vector({std::numeric_limits<double>::infinity(), 1});
  CHECK(std::isnan(t.numbers(x * 0.0)[0]));
  CHECK(is_filled_with(full_like(x, 3) * zeros_like(x), 0));
}

TEST_CASE("neutral elements still broadcast the other operand") {
  Trial t;
  const Value x = t.vector({1, 2});
  const Value zeros = full(x.graph(), {DType::f64, {3, 2}}, 0);
  CHECK((x + zeros).shape() == Shape{3, 2});
  CHECK((zeros + x).shape() == Shape{3, 2});
}

TEST_CASE("the filling of a constant is seen through broadcasts and reshapes only") {
  Graph graph;
  const Value filled = full(graph, {DType::f32, {2, 3}}, 7);
  CHECK(filling_of(reshape(filled, Shape{6})) == 7.0);
  CHECK_FALSE(filling_of(graph.constant(Literal::of<float>({2}, {7, 7}))).has_value());
  CHECK_FALSE(filling_of(graph.input({DType::f32, {}})).has_value());
}

TEST_CASE("operands of different dtypes are refused with the name and both types") {
  Graph graph;
  const Value a = graph.input({DType::f32, {2}}), b = graph.input({DType::f64, {2}});
  const std::string message = message_of<ShapeError>([&] { add(a, b); });
  CHECK(message == "add: operands of one dtype expected, f32[2] and f64[2] came");
}

TEST_CASE("shapes that do not broadcast are refused with the name and both shapes") {
  Graph graph;
  const Value a = graph.input({DType::f32, {2, 3}}), b = graph.input({DType::f32, {2}});
  const std::string message = message_of<ShapeError>([&] { mul(a, b); });
  CHECK(message == "mul: shapes [2,3] and [2] do not broadcast together");
}

TEST_CASE("primitives refuse dtypes that they have no meaning for") {
  Graph graph;
  const Value whole = graph.input({DType::i64, {2}}), flag = graph.input({DType::boolean, {2}});
  const Value real = graph.input({DType::f32, {2}});
  CHECK(message_of<ShapeError>([&] { exp(whole); }) == "exp: f32 or f64 expected, i64[2] came");
  CHECK_THROWS_AS(neg(flag), ShapeError);
  CHECK_THROWS_AS(logical_and(real, real), ShapeError);
  CHECK_THROWS_AS(shift_left(flag, flag), ShapeError);
  CHECK_THROWS_AS(select(real, real, real), ShapeError);
  CHECK_THROWS_AS(is_nan(whole), ShapeError);
}

TEST_CASE("integers wrap around") {
  CHECK(integers(Add{}, {highest, 1}, {1, 2}) == Integers{lowest, 3});
  CHECK(integers(Sub{}, {lowest}, {1}) == Integers{highest});
  CHECK(integers(Mul{}, {highest, -4}, {2, 3}) == Integers{-2, -12});
  CHECK(computed(Neg{}, {vector_of({lowest, 5})}).integers() == Integers{lowest, -5});
}

TEST_CASE("integer division and remainder truncate towards zero") {
  CHECK(integers(Div{}, {7, -7, 7, -7}, {2, 2, -2, -2}) == Integers{3, -3, -3, 3});
  CHECK(integers(Fmod{}, {7, -7, 7, -7}, {2, 2, -2, -2}) == Integers{1, -1, 1, -1});
}

TEST_CASE("integer quotients that do not exist are numeric errors that name the element") {
  const auto run = [](auto op, std::int64_t a, std::int64_t b) {
    return message_of<NumericError>([&] { integers(op, {1, a}, {1, b}); });
  };
  CHECK(run(Div{}, 3, 0) == "div: element 1: 3 by 0 is no i64");
  CHECK(run(Fmod{}, 3, 0) == "fmod: element 1: 3 by 0 is no i64");
  CHECK(run(Div{}, lowest, -1) == text("div: element 1: ", lowest, " by -1 is no i64"));
}

TEST_CASE("shifts are logical and give 0 for counts outside of [0, 63]") {
  CHECK(integers(ShiftLeft{}, {1, 1, 1, 1}, {3, 63, 64, -1}) == Integers{8, lowest, 0, 0});
  CHECK(integers(ShiftRight{}, {-1, 8, 8, 8}, {63, 3, 64, -1}) == Integers{1, 1, 0, 0});
}

TEST_CASE("bit operations are bitwise on integers and logical on booleans") {
  CHECK(integers(And{}, {12}, {10}) == Integers{8});
  CHECK(integers(Or{}, {12}, {10}) == Integers{14});
  CHECK(integers(Xor{}, {12}, {10}) == Integers{6});
  CHECK(computed(Not{}, {vector_of({0, 5})}).integers() == Integers{-1, -6});
  const Literal flags = vector_of({0, 1}).converted(DType::boolean);
  CHECK(computed(Not{}, {flags}).integers() == Integers{1, 0});
}

TEST_CASE("casts truncate, and give the lowest integer for what no integer is") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Literal x = Literal::of<double>({6}, {2.9, -2.9, 1e300, -1e300, nan, 0});
  CHECK(computed(Cast{DType::i64}, {x}).integers() == Integers{2, -2, lowest, lowest, lowest, 0});
  CHECK(computed(Cast{DType::boolean}, {x}).integers() == Integers{1, 1, 1, 1, 1, 0});
}

TEST_CASE("infinities and NaN are told apart") {
  const double inf = std::numeric_limits<double>::infinity();
  const Literal x = Literal::of<double>({4}, {inf, -inf, std::nan(""), 1});
  CHECK(computed(IsInf{}, {x}).integers() == Integers{1, 1, 0, 0});
  CHECK(computed(IsNan{}, {x}).integers() == Integers{0, 0, 1, 0});
}

TEST_CASE("elementwise kernels may write over each operand, at every size and thread count") {
  Sampler s(11);
  for (const std::int64_t size : {1, 7, 64, 100'003})
    for (const int threads : {1, 3}) {
      const Literal a = s.tensor({size}, -2, 2), b = s.tensor({size}, -2, 2);
      const Literal expected = computed(Sub{}, {a, b});
      for (const std::size_t overwritten : {0u, 1u}) {
        auto memory = Literal::allocate(a.type());
        const Literal& source = overwritten == 0 ? a : b;
        std::copy_n(source.bytes(), a.type().bytes(), memory.get());
        std::array<const std::byte*, 2> inputs{a.bytes(), b.bytes()};
        inputs[overwritten] = memory.get();
        const Op op = Sub{};
        const std::vector<TensorType> types{a.type(), b.type()};
        const std::vector<const Literal*> unknown(2, nullptr);
        const runtime::ThreadScope scope(threads);
        cpu()
            .find(op)
            .prepare({op, types, a.type(), unknown, threads})
            ->run({inputs, memory.get(), nullptr});
        CHECK(Literal(a.type(), memory) == expected);
      }
    }
}

}  // namespace palimpsest::testing
