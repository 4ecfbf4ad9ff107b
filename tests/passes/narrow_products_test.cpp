// Mixed precision: which products are narrowed, and what that does to derivatives.

#include "passes/narrow_products.h"

#include <doctest/doctest.h>

#include <array>

#include "autodiff/autodiff.h"
#include "ops/conv/conv.h"
#include "ops/linalg/linalg.h"
#include "ops/pointwise/binary.h"
#include "ops/pointwise/unary.h"
#include "ops/reduce/reduce.h"
#include "passes/dead_code.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {
namespace {

/// Reachable products by whether they read bf16.
struct Products {
  int narrow = 0, full = 0;
};

Products products_of(const Function& f) {
  Products products;
  const std::vector<bool> marked = reachable(f);
  for (std::uint32_t index = 0; index < f.graph->size(); ++index) {
    const Node& node = f.graph->node(index);
    const bool product = node.op.as<Conv>() || node.op.as<ConvInputGrad>() ||
                         node.op.as<ConvFilterGrad>() || node.op.as<MatMul>();
    if (!marked[index] || !product) continue;
    ++(node.inputs[0].dtype() == DType::bf16 ? products.narrow : products.full);
  }
  return products;
}

struct Network {
  Function function;  ///< outputs: the derivatives by image and filter
  Value loss;
};

/// sum tanh(conv(x, w))^2, differentiated.
Network network(DType dtype, std::int64_t groups, std::int64_t pixels, std::int64_t channels = 16) {
  Network made;
  Graph& graph = *made.function.graph;
  const Shape image{1, channels, pixels, pixels}, filter{32, channels / groups, 3, 3};
  const Value x = graph.input({dtype, image}), w = graph.input({dtype, filter});
  made.function.inputs = {x, w};
  const ConvGeometry geometry =
      conv_geometry(image, filter, {1, 1}, {1, 1}, {1, 1}, {1, 1}, groups);
  const Value y = tanh(conv(x, w * 0.2, geometry));
  made.loss = sum_all(y * y);
  made.function.outputs = autodiff::gradient(made.loss, made.function.inputs);
  return made;
}

Function narrowed(const Network& n) {
  return passes::without_dead_nodes(passes::narrow_products(n.function, std::array{n.loss}));
}

TEST_CASE("the products of derivatives are narrowed, those of the loss are not") {
  const Products products = products_of(narrowed(network(DType::f32, 1, 32)));
  CHECK(products.full == 1);
  CHECK(products.narrow == 2);
}

TEST_CASE("small, grouped and f64 products keep their precision") {
  CHECK(products_of(narrowed(network(DType::f32, 1, 8))).narrow == 0);
  CHECK(products_of(narrowed(network(DType::f32, 4, 64))).narrow == 0);
  CHECK(products_of(narrowed(network(DType::f64, 1, 32))).narrow == 0);
}

TEST_CASE("the gradient of an image, which has few channels, keeps its precision") {
  const Products products = products_of(narrowed(network(DType::f32, 1, 64, 4)));
  CHECK(products.full == 2);    // the loss and the image's gradient
  CHECK(products.narrow == 1);  // the filter's gradient
}

TEST_CASE("narrowed derivatives are off by the rounding of bf16") {
  const Network n = network(DType::f32, 1, 32);
  const auto inputs = samples_for(n.function);
  const auto expected = evaluated(n.function, inputs), computed = evaluated(narrowed(n), inputs);
  for (std::size_t output = 0; output < expected.size(); ++output) {
    const auto a = expected[output].doubles(), b = computed[output].doubles();
    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      norm += a[i] * a[i];
    }
    const double error = std::sqrt(difference / norm);
    CHECK(error > 1e-5);        // something is rounded
    CHECK(error < 2 * 0x1p-8);  // two operands, each by half a unit in the last of 8 places
  }
}

}  // namespace
}  // namespace palimpsest::testing
