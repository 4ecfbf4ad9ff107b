// The orders in which launches may run.

#include "runtime/schedule.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"

namespace palimpsest::testing {
namespace {

using runtime::dataflow;
using runtime::Dataflow;
using runtime::Order;
using small_models::kernels;

/// Every launch comes once, after all that it reads.
void check_valid(const Dataflow& flow, const Order& order) {
  CHECK(std::set(order.begin(), order.end()) == std::set(flow.steps.begin(), flow.steps.end()));
  REQUIRE(order.size() == flow.steps.size());
  const std::set<std::uint32_t> launched(flow.steps.begin(), flow.steps.end());
  std::set<std::uint32_t> done;
  int early = 0;
  for (const std::uint32_t node : order) {
    for (const std::uint32_t home : flow.operand_homes(node))
      early += launched.contains(home) && !done.contains(home);
    done.insert(node);
  }
  CHECK(early == 0);
}

std::string names_of(const Dataflow& flow, const Order& order) {
  std::string names;
  for (const std::uint32_t node : order) names += text(flow.graph.node(node).op.name(), ' ');
  return names;
}

TEST_CASE("every order launches each node once, after its operands") {
  Model model = test::golden_model("resnet18");
  const Function iteration =
      test::matching_iteration(model, {.distance = inversion::DistanceKind::cosine});
  const Dataflow flow = dataflow(iteration, kernels());
  for (const Order& order : {runtime::index_order(flow), runtime::depth_first_order(flow),
                             runtime::greedy_order(flow), runtime::releasing_order(flow)})
    check_valid(flow, order);
}

TEST_CASE("launches that release memory come as soon as they can, the others as written") {
  Function f;
  const Value x = f.graph->input({DType::f32, {64}}, "x");
  f.inputs = {x};
  const Value a = exp(x), b = sin(x), c = cos(b), sum = reduce_sum(a, {0});
  f.outputs = {c, sum};
  const Dataflow flow = dataflow(f, kernels());
  CHECK(names_of(flow, runtime::index_order(flow)) == "exp sin cos reduce_sum ");
  CHECK(names_of(flow, runtime::releasing_order(flow)) == "exp reduce_sum sin cos ");
}

}  // namespace
}  // namespace palimpsest::testing
