// Each rewriting: what it leaves of the graph, and that the result keeps its value.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "graph/print.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "passes/dead_code.h"
#include "passes/simplify.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {
namespace {

/// The primitives left after sweeping to the end, inputs and constants aside.
std::string left_of(const Function& f) {
  Function simple = passes::without_dead_nodes(f);
  for (int sweep = 0; sweep < 4; ++sweep)
    simple = passes::without_dead_nodes(passes::simplify(simple));
  check_equal_results(f, simple);
  return primitives_of(simple);
}

TEST_CASE("neutral elements vanish") {
  const auto raw = [](auto primitive, double neutral) {
    return unary_function({2, 3}, [&](Value x) {
      return x.graph().add(primitive, {x, full_like(x, neutral)});
    });
  };
  CHECK(left_of(raw(Add{}, 0)).empty());
  CHECK(left_of(raw(Sub{}, 0)).empty());
  CHECK(left_of(raw(Mul{}, 1)).empty());
  CHECK(left_of(raw(Div{}, 1)).empty());
  CHECK(left_of(raw(Pow{}, 1)).empty());
  CHECK(left_of(raw(Mul{}, -1)) == "neg");
}

TEST_CASE("a product with zero stays, because it may be NaN") {
  const Function f = unary_function({3}, [](Value x) { return x * 0.0; });
  CHECK(left_of(f) == "broadcast mul");
}

TEST_CASE("signs cancel or move into sums") {
  CHECK(left_of(unary_function({3}, [](Value x) { return -(-x); })).empty());
  CHECK(left_of(unary_function({3}, [](Value x) { return exp(x) + -x; })) == "exp sub");
  CHECK(left_of(unary_function({3}, [](Value x) { return exp(x) - -x; })) == "exp add");
  CHECK(left_of(unary_function({3}, [](Value x) { return -exp(x) * -x; })) == "exp mul");
}

TEST_CASE("division becomes multiplication only where the reciprocal is exact") {
  CHECK(left_of(unary_function({3}, [](Value x) { return x / 8.0; })) == "broadcast mul");
  CHECK(left_of(unary_function({3}, [](Value x) { return x / -0.5; })) == "broadcast mul");
  CHECK(left_of(unary_function({3}, [](Value x) { return x / 3.0; })) == "broadcast div");
  CHECK(left_of(unary_function({3}, [](Value x) { return x / 0.0; })) == "broadcast div");
}

TEST_CASE("small constant powers become products and roots") {
  const auto power = [](double exponent) {
    return unary_function({3}, [=](Value x) {
      const Value positive = exp(x);
      return x.graph().add(Pow{}, {positive, full_like(x, exponent)});
    });
  };
  CHECK(left_of(power(2)) == "exp mul");
  CHECK(left_of(power(0.5)) == "exp sqrt");
  CHECK(left_of(power(-1)) == "exp reciprocal");
  CHECK(left_of(power(3)) == "exp broadcast pow");
}

TEST_CASE("multiplication by a mask becomes a choice") {
  const auto masked = [](Value x) { return cast(less(zeros_like(x), x), x.dtype()) * exp(x); };
  const std::string left = left_of(unary_function({4}, masked));
  CHECK(left.find("select") == left.rfind("select"));
  CHECK(left.find("select") != std::string::npos);
  CHECK(left.find("mul") == std::string::npos);
  CHECK(left.find(" cast") == std::string::npos);
}

TEST_CASE("a mask may be broadcast after its conversion") {
  const std::string left = left_of(unary_function({4, 1}, [](Value x) {
    const Value mask = cast(less(zeros_like(x), x), x.dtype());
    return broadcast_to(mask, {4, 3}) * broadcast_to(exp(x), {4, 3});
  }));
  CHECK(left.find("select") != std::string::npos);
  CHECK(left.find("mul") == std::string::npos);
}

TEST_CASE("a mask hides what is not finite once it is a choice") {
  const Function f = unary_function(
      {2}, [](Value x) { return cast(less(zeros_like(x), x), x.dtype()) * (1.0 / x); });
  const Literal input = Literal::of<double>({2}, std::vector<double>{0, 2});
  const auto before = evaluated(f, {input})[0].doubles();
  const auto after = evaluated(passes::simplify(f), {input})[0].doubles();
  CHECK(std::isnan(before[0]));
  CHECK(after[0] == 0);
  CHECK(before[1] == after[1]);
}

TEST_CASE("choices that repeat or cannot differ are made once") {
  const auto nested = [](Value x) {
    const Value positive = less(zeros_like(x), x);
    const Value inner = x.graph().add(Select{}, {positive, exp(x), sin(x)});
    return x.graph().add(Select{}, {positive, inner, cos(x)});
  };
  const std::string left = left_of(unary_function({4}, nested));
  CHECK(left.find("select") == left.rfind("select"));
  CHECK(left.find("select") != std::string::npos);
  CHECK(left.find("sin") == std::string::npos);
  CHECK(left_of(unary_function({4}, [](Value x) {
          const Value condition = less(zeros_like(x), x);
          return x.graph().add(Select{}, {condition, x, x});
        })).empty());
}

TEST_CASE("a choice nested in the other branch is made once as well") {
  const auto nested = [](Value x) {
    const Value positive = less(zeros_like(x), x);
    const Value inner = x.graph().add(Select{}, {positive, exp(x), sin(x)});
    return x.graph().add(Select{}, {positive, cos(x), inner});
  };
  const std::string left = left_of(unary_function({4}, nested));
  CHECK(left.find("select") == left.rfind("select"));
  CHECK(left.find("exp") == std::string::npos);
}

TEST_CASE("a negated condition swaps the branches") {
  const std::string left = left_of(unary_function(
      {4}, [](Value x) { return select(logical_not(less(zeros_like(x), x)), exp(x), sin(x)); }));
  CHECK(left.find("not") == std::string::npos);
}

TEST_CASE("detach vanishes, since nothing is differentiated any more") {
  CHECK(left_of(unary_function({4}, [](Value x) { return exp(detach(x)); })) == "exp");
}

TEST_CASE("movements in sequence become one, or none") {
  CHECK(left_of(unary_function({2, 6}, [](Value x) {
          return reshape(reshape(x, {3, 4}), {2, 6});
        })).empty());
  CHECK(left_of(unary_function({2, 3, 4}, [](Value x) {
          return permute(permute(x, {1, 2, 0}), {1, 2, 0});
        })) == "permute");
  CHECK(left_of(unary_function({2, 3, 4}, [](Value x) {
          return permute(permute(x, {1, 2, 0}), {2, 0, 1});
        })).empty());
  CHECK(left_of(unary_function({2, 1, 3}, [](Value x) {
          return permute(x, {1, 0, 2});
        })) == "reshape");
  CHECK(left_of(unary_function({2, 1}, [](Value x) {
          return broadcast_to(broadcast_to(x, {2, 5}), {4, 2, 5});
        })) == "reshape broadcast");
  CHECK(left_of(unary_function({9}, [](Value x) {
          return slice(slice(x, {1}, {4}, {2}), {1}, {2}, {2});
        })) == "slice");
  CHECK(left_of(unary_function({2, 3}, [](Value x) {
          return reverse(reverse(x, {1}), {1});
        })).empty());
}

TEST_CASE("what is made of repeated values alone is made before they are repeated") {
  const auto repeated = [](Value x, Shape shape) { return broadcast_to(x, std::move(shape)); };
  CHECK(left_of(unary_function({4, 1}, [&](Value x) {
          return reciprocal(repeated(x, {4, 9})) * repeated(x, {4, 9});
        })) == "reciprocal mul broadcast");
  // A row and a column make a matrix, but are repeated along the first axis only then.
  const Function outer = unary_function({1, 4, 1}, [&](Value x) {
    return repeated(x, {5, 4, 4}) - repeated(permute(x, {0, 2, 1}), {5, 4, 4});
  });
  CHECK(left_of(outer) == "reshape broadcast broadcast sub broadcast");
  CHECK(evaluated(passes::simplify(outer), samples_for(outer)) ==
        evaluated(outer, samples_for(outer)));
}

TEST_CASE("a slice of a concatenation reads the part it lies in") {
  CHECK(left_of(unary_function({4}, [](Value x) {
          return slice_axis(concat({exp(x), sin(x)}, 0), 0, 4, 4);
        })) == "sin");
  CHECK(left_of(unary_function({4}, [](Value x) {
          return slice_axis(concat({exp(x), sin(x)}, 0), 0, 3, 2);
        })) == "exp sin concat slice");
}

TEST_CASE("a sum of a broadcast becomes a product") {
  CHECK(left_of(unary_function({2, 1}, [](Value x) {
          return reduce_sum(broadcast_to(x, {2, 5}), {1});
        })) == "broadcast mul");
  CHECK(left_of(unary_function({2, 1}, [](Value x) {
          return reduce_sum(broadcast_to(x, {2, 5}));
        })) == "reduce_sum mul");
}

TEST_CASE("sums of sums and sums of reshaped tensors are one sum") {
  CHECK(left_of(unary_function({2, 3, 4}, [](Value x) {
          return reduce_sum(reduce_sum(x, {1}), {0, 2});
        })) == "reduce_sum");
  CHECK(left_of(unary_function({2, 6}, [](Value x) {
          return sum_all(reshape(x, {3, 4}));
        })) == "reduce_sum reshape");
}

TEST_CASE("transposed factors become flags of the product") {
  const auto product = [](Value x) { return matmul(swap_axes(x, 0, 1), exp(x)); };
  CHECK(left_of(unary_function({3, 3}, product)) == "exp matmul");
  const auto twice = [](Value x) {
    return matmul(exp(x), swap_axes(x, 0, 1), {.transpose_b = true});
  };
  CHECK(left_of(unary_function({3, 3}, twice)) == "exp matmul");
}

TEST_CASE("the calling convention stays, even for inputs that nothing uses") {
  Function f;
  f.inputs = {f.graph->input({DType::f64, {2}}, "unused"), f.graph->input({DType::f64, {2}}, "x")};
  f.outputs = {f.inputs[1] + 0.0};
  const Function simple = passes::simplify(f);
  REQUIRE(simple.inputs.size() == 2);
  CHECK(simple.outputs[0] == simple.inputs[1]);
}

}  // namespace
}  // namespace palimpsest::testing
