// Gradients of filters, and what is made of them, lie in blocks from the weight gradient to the
// products along the direction; values do not change.

#include "passes/filter_blocks.h"

#include <doctest/doctest.h>

#include "autodiff/autodiff.h"
#include "ops/conv/conv.h"
#include "ops/movement/movement.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"
#include "passes/pipeline.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {
namespace {

Value same_conv(Value x, Value w) {
  return conv(x, w, conv_geometry(x.shape(), w.shape(), {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1));
}

/// Two layers and the gradient g of the second one's filter, which is all that `rest` gets.
Function matching(DType dtype, std::int64_t outputs,
                  const std::function<std::vector<Value>(Operands x, Value g)>& rest) {
  Function f;
  for (const Shape& shape : {Shape{1, 3, 5, 4}, Shape{16, 3, 3, 3}, Shape{outputs, 16, 3, 3}})
    f.inputs.push_back(f.graph->input({dtype, shape}, "x"));
  const Value y = same_conv(relu(same_conv(f.inputs[0], f.inputs[1])), f.inputs[2]);
  f.outputs = rest(f.inputs, autodiff::gradient(sum_all(y * y), f.inputs)[2]);
  return f;
}

/// Equal up to the roundings of sums of a few hundred terms.
void check_same(const Function& before, const Function& after) {
  const auto expected = evaluated(before, samples_for(before)),
             computed = evaluated(after, samples_for(before));
  REQUIRE(expected.size() == computed.size());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const auto x = expected[k].doubles(), y = computed[k].doubles();
    REQUIRE(x.size() == y.size());
    double largest = 0, difference = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      largest = std::max(largest, std::abs(x[i]));
      difference = std::max(difference, std::abs(x[i] - y[i]));
    }
    CHECK(largest > 0);
    CHECK(difference <= 1e-5 * largest);
  }
}

struct Count {
  int blocked = 0, filter_permutations = 0;
};

Count counted(const Function& f) {
  Count count;
  const std::vector<bool> marked = reachable(f);
  for (std::uint32_t index = 0; index < f.graph->size(); ++index) {
    const Op& op = f.graph->node(index).op;
    if (!marked[index]) continue;
    const auto* forward = op.as<Conv>();
    const auto* backward = op.as<ConvInputGrad>();
    const auto* gradient = op.as<ConvFilterGrad>();
    count.blocked += (forward && forward->geometry.filter_blocks) ||
                     (backward && backward->geometry.filter_blocks) ||
                     (gradient && gradient->geometry.filter_blocks);
    const Shape& shape = f.graph->node(index).type.shape;
    count.filter_permutations +=
        op.as<Permute>() && shape.rank() == 6 && shape.elements() == 32 * 16 * 9;
  }
  return count;
}

Function optimized(const Function& f) {
  passes::PassLog log;
  return passes::optimize(f, runtime::evaluator(all_cpu_kernels()), log);
}

/// Distances of a squared type, and the image's convolution along their derivative.
std::vector<Value> along_direction(Operands x, Value g) {
  const Value target = g.graph().constant(sample(g.type(), 5));
  const Value scale = broadcast_to(reduce_sum(g, {1, 2, 3}), g.shape());
  const Value wide = cast(g, DType::f64) * cast(target, DType::f64);
  const Value v = (g - target) * 2.0 + scale;
  const Value image = broadcast_to(slice_axis(x[0], 1, 0, 1), {1, 16, 5, 4});
  return {
      sum_all(wide), reduce_sum(g, {0}), same_conv(image, v),
      conv_input_grad(same_conv(image, x[2]), v,
                      conv_geometry({1, 16, 5, 4}, v.shape(), {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1))};
}

TEST_CASE("between a filter's gradient and the products along the direction nothing is permuted") {
  const Function f = matching(DType::f32, 32, along_direction);
  check_same(f, passes::filters_in_blocks(f));
  const Function g = optimized(f);
  check_same(f, g);
  CHECK(counted(g).blocked == 3);
  CHECK(counted(g).filter_permutations == 0);
}

TEST_CASE("a gradient that is wanted plainly stays plain") {
  const auto output = [](Operands, Value g) { return std::vector<Value>{g, sum_all(g)}; };
  const Function f = matching(DType::f32, 32, output);
  CHECK(counted(passes::filters_in_blocks(f)).blocked == 0);
  check_same(f, optimized(f));
}

TEST_CASE("filters of f64, and those not of whole blocks, stay plain") {
  for (const Function& f :
       {matching(DType::f64, 32, along_direction), matching(DType::f32, 24, along_direction)}) {
    CHECK(counted(passes::filters_in_blocks(f)).blocked == 0);
    check_same(f, optimized(f));
  }
}

}  // namespace
}  // namespace palimpsest::testing
