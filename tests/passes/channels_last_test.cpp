// Values of functions do not change when their activations are stored channels last, and the
// permutations that this takes cancel.

#include "passes/channels_last.h"

#include <doctest/doctest.h>

#include "autodiff/autodiff.h"
#include "ops/conv/conv.h"
#include "ops/movement/movement.h"
#include "ops/nn/norm.h"
#include "ops/nn/pool.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"
#include "passes/dead_code.h"
#include "passes/pipeline.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {
namespace {

Value same_conv(Value x, Value w) {
  const auto rank = static_cast<std::size_t>(x.shape().rank() - 2);
  const std::int64_t padding = w.shape()[-1] / 2;
  const std::vector<std::int64_t> ones(rank, 1), pads(rank, padding);
  return conv(x, w, conv_geometry(x.shape(), w.shape(), ones, ones, pads, pads, 1));
}

Function function_of(std::vector<Shape> shapes, const std::function<Value(Operands)>& f) {
  Function function;
  for (Shape& shape : shapes)
    function.inputs.push_back(function.graph->input({DType::f64, std::move(shape)}, "x"));
  function.outputs = {f(function.inputs)};
  return function;
}

/// Permutations that move elements, among the reachable nodes after the pass and simplification.
int permutations(const Function& f) {
  passes::PassLog log;
  const Function g = passes::optimize(f, runtime::evaluator(all_cpu_kernels()), log);
  check_equal_results(f, g);
  int count = 0;
  const std::vector<bool> marked = reachable(g);
  for (std::uint32_t index = 0; index < g.graph->size(); ++index)
    count += marked[index] && g.graph->node(index).op.as<Permute>();
  return count;
}

void check_same(const Function& f) { check_equal_results(f, passes::channels_last(f)); }

TEST_CASE("between convolutions nothing is permuted") {
  const auto body = [](Operands x) {
    const Value bias = broadcast_to(reshape(x[3], {1, 16, 1, 1}), {2, 16, 5, 4});
    const Value first = relu(same_conv(x[0], x[1]) + bias);
    return sum_all(relu(same_conv(first, x[2]) + first));
  };
  const std::vector<Shape> shapes{{2, 3, 5, 4}, {16, 3, 3, 3}, {16, 16, 3, 3}, {16}};
  Function f = function_of(shapes, body);
  CHECK(permutations(f) == 1);  // the image
  f = function_of(shapes, body);
  f.outputs = autodiff::gradient(f.outputs[0], f.inputs);
  CHECK(permutations(f) == 2);  // the image and its gradient
}

TEST_CASE("a model's own step from channels first to tokens cancels, forwards and backwards") {
  const auto tokens = [](Operands x) {
    const Value maps = same_conv(x[0], x[1]);
    const Value sequence = permute(reshape(maps, {2, 16, 20}), {0, 2, 1});
    return sum_all(nn::layer_norm(sequence + x[2], x[3], {}, -1, 1e-5) * sequence);
  };
  const std::vector<Shape> shapes{{2, 3, 5, 4}, {16, 3, 3, 3}, {2, 20, 16}, {1, 1, 16}};
  Function f = function_of(shapes, tokens);
  CHECK(permutations(f) == 1);  // the image
  f = function_of(shapes, tokens);
  f.outputs = autodiff::gradient(f.outputs[0], f.inputs);
  CHECK(permutations(f) == 2);  // the image and its gradient
}

TEST_CASE("pooling by positions reads channels last, forwards and backwards") {
  for (const int rank : {1, 2, 3}) {
    CAPTURE(rank);
    const auto axes = static_cast<std::size_t>(rank);
    std::vector<std::int64_t> image{2, 8}, filter{8, 8};
    for (int axis = 0; axis < rank; ++axis) image.push_back(6 - axis), filter.push_back(3);
    const std::vector<std::int64_t> threes(axes, 3), twos(axes, 2), ones(axes, 1);
    const auto pooled = [&](Operands x) {
      const Value y = same_conv(x[0], x[1]);
      return same_conv(nn::max_pool(y, window_geometry(y.shape(), threes, twos, ones, ones, ones)),
                       x[1]);
    };
    Function f = function_of({Shape(image), Shape(filter)}, pooled);
    CHECK(permutations(f) == 2);  // the input and the output
    f = function_of({Shape(image), Shape(filter)}, pooled);
    f.outputs = autodiff::gradient(sum_all(f.outputs[0] * f.outputs[0]), f.inputs);
    CHECK(permutations(f) == 2);  // the input and its gradient
  }
}

TEST_CASE("movements, reductions and joins follow the layout") {
  const auto laid = [](Operands x) { return same_conv(x[0], x[1]); };
  const std::vector<Shape> shapes{{2, 8, 4, 5}, {8, 8, 3, 3}};
  const std::vector<std::function<Value(Value)>> uses{
      [](Value y) { return reduce_sum(y, {1}); },
      [](Value y) {
        return reduce_sum(y, {0, 2});
      },
      [](Value y) {
        return max_without_derivative(y, {2, 3});
      },
      [](Value y) {
        return slice(y, {0, 2, 1, 0}, {2, 5, 2, 3}, {1, 1, 1, 2});
      },
      [](Value y) {
        return pad(y, {0, 1, 2, 0}, {1, 0, 0, 3}, {0, 0, 1, 0});
      },
      [](Value y) {
        return reverse(y, {1, 3});
      },
      [](Value y) {
        return concat({y, reverse(y, {1})}, 1);
      },
      [](Value y) {
        return broadcast_to(reduce_sum(y, {2, 3}), {2, 8, 3, 3});
      },
      [](Value y) {
        return reshape(y, {2, 8, 20});
      },
      [](Value y) {
        return reshape(y, {2, 160});
      },
      [](Value y) {
        return reshape(y, {16, 20});
      },
      [](Value y) {
        return permute(y, {3, 1, 0, 2});
      },
      [](Value y) { return nn::global_max_pool(y); },
      [](Value y) { return nn::global_average_pool(y); }};
  for (std::size_t use = 0; use < uses.size(); ++use) {
    CAPTURE(use);
    const auto used = [&](Operands x) { return tanh(uses[use](laid(x))); };
    check_same(function_of(shapes, used));
    Function f = function_of(shapes, used);
    f.outputs = autodiff::gradient(sum_all(f.outputs[0] * f.outputs[0]), f.inputs);
    check_same(f);
  }
}

TEST_CASE("what surrounds an image keeps its layout") {
  Function f = function_of({{1, 3, 6, 6}, {16, 3, 3, 3}},
                           [](Operands x) { return sum_all(same_conv(tanh(x[0]), x[1])); });
  const Value step = autodiff::gradient(f.outputs[0], std::array{f.inputs[0]})[0];
  f.outputs = {f.inputs[0] - step * 0.1};
  const Function g = passes::channels_last(f);
  CHECK(g.outputs[0].node().op.as<Sub>());
  check_equal_results(f, g);
}

}  // namespace
}  // namespace palimpsest::testing
