// What is computed at compile time, and what is left for the run on purpose.

#include <doctest/doctest.h>

#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "ops/source/source.h"
#include "passes/fold.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {
namespace {

Function folded(const Function& f, passes::FoldLimits limits = {}) {
  Function result = passes::fold_constants(f, runtime::evaluator(all_cpu_kernels()), limits);
  check_equal_results(f, result);
  return result;
}

TEST_CASE("what depends on constants only is computed once") {
  const Function f = unary_function({2, 3}, [](Value x) {
    const Value c = x.graph().constant(sample({DType::f64, {2, 3}}));
    return x + exp(c * sin(c));
  });
  CHECK(primitives_of(folded(f)) == "add");
}

TEST_CASE("a weight is folded with what is broadcast over it") {
  const Function f = unary_function({2, 1000}, [](Value x) {
    const Value weight = x.graph().constant(sample({DType::f64, {2, 1000}}));
    const Value scale = x.graph().constant(sample({DType::f64, {2, 1}}));
    return x * (weight * scale);
  });
  CHECK(primitives_of(folded(f)) == "mul");
}

TEST_CASE("a broadcast of a constant is not written out") {
  const Function f = unary_function({4, 1000}, [](Value x) { return x * 3.0; });
  CHECK(primitives_of(folded(f)) == "broadcast mul");
}

TEST_CASE("numbers that fill tensors are combined without filling them") {
  const Function f = unary_function({1000, 1000}, [](Value x) {
    const Value number = full_like(x, 2) / full_like(x, 5) - sqrt(full_like(x, 3));
    return x.graph().add(Add{}, {x, number});
  });
  const Function result = folded(f);
  CHECK(primitives_of(result) == "broadcast add");
}

TEST_CASE("large integers are folded without passing through floating point") {
  Function f;
  const std::int64_t large = (std::int64_t{1} << 60) + 1;
  const Value c = broadcast_to(f.graph->constant(Literal::of<std::int64_t>({1}, {large})), {3});
  f.outputs = {c + c};
  CHECK(evaluated(folded(f), {})[0].integers().front() == 2 * large);
}

TEST_CASE("what is larger than its operands and not small is left for the run") {
  const auto counting = [](std::int64_t extent) {
    Function f;
    f.outputs = {cast(iota(*f.graph, {extent}, 0), DType::f64)};
    return f;
  };
  CHECK(primitives_of(folded(counting(100))).empty());
  CHECK(primitives_of(folded(counting(100000))) == "iota cast");
}

TEST_CASE("a reduction of a broadcast too large to hold is left for the run") {
  Function f;
  const Value c = f.graph->constant(sample({DType::f64, {1, 8}}));
  f.outputs = {reduce_sum(broadcast_to(c, {100000, 8}))};
  CHECK(primitives_of(folded(f)) == "broadcast reduce_sum");
}

TEST_CASE("a computation that fails is left for the run to report") {
  Function f;
  const auto integers = [&](std::int64_t value) {
    return f.graph->constant(Literal::of<std::int64_t>({1}, {value}));
  };
  f.outputs = {integers(1) / integers(0)};
  const auto evaluate = runtime::evaluator(all_cpu_kernels());
  CHECK(primitives_of(passes::fold_constants(f, evaluate)) == "div");
}

}  // namespace
}  // namespace palimpsest::testing
