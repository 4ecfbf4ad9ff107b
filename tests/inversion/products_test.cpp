// How many products of the size of a layer one matching iteration makes.

#include <doctest/doctest.h>

#include "ops/conv/conv.h"
#include "ops/linalg/linalg.h"
#include "tests/support/golden.h"

namespace palimpsest::inversion {
namespace {

bool is_product(const Node& node) {
  return node.op.as<Conv>() || node.op.as<ConvInputGrad>() || node.op.as<ConvFilterGrad>() ||
         node.op.as<MatMul>();
}

/// Nodes of a function that multiply and add, and those among them that read no other's result.
struct Products {
  int all = 0, first = 0;
};

Products products_of(const Function& function) {
  Products products;
  const std::vector<bool> marked = reachable(function);
  std::vector<bool> behind(function.graph->size(), false);  // a product, or depends on one
  for (std::uint32_t index = 0; index < function.graph->size(); ++index) {
    const Node& node = function.graph->node(index);
    for (const Value input : node.inputs)
      if (behind[input.index()]) behind[index] = true;
    if (!marked[index] || !is_product(node)) continue;
    ++products.all;
    if (!behind[index]) ++products.first;
    behind[index] = true;
  }
  return products;
}

/// Per layer: 1 forward, 2 backward, 4 at second order. What would propagate through the images
/// is not needed at the layer that reads them.
int fewest(const Products& layers) { return 7 * layers.all - 2 * layers.first; }

}  // namespace

TEST_CASE("a matching iteration makes seven products per layer and five for the first") {
  for (const std::string name :
       {"lenet", "convnet", "resnet18", "resnet50", "vgg11", "mobilenet_v2", "efficientnet_b0",
        "densenet121", "inception_v3", "shufflenet_v2", "convnext_tiny"}) {
    CAPTURE(name);
    const Model model = test::golden_model(name);
    const Products layers = products_of(model.function);
    REQUIRE(layers.first == 1);
    for (const DistanceKind distance : {DistanceKind::squared_l2, DistanceKind::cosine})
      for (const Route route : {Route::forward_over_reverse, Route::reverse_over_reverse}) {
        CAPTURE(route);
        const Function iteration =
            test::matching_iteration(model, {.distance = distance, .route = route});
        CHECK(products_of(iteration).all == fewest(layers));
      }
  }
}

}  // namespace palimpsest::inversion
