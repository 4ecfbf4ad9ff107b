// How many products of the size of a layer one matching iteration makes.

#include <doctest/doctest.h>

#include <filesystem>

#include "onnx_import/import.h"
#include "ops/conv/conv.h"
#include "ops/linalg/linalg.h"
#include "passes/bind.h"
#include "passes/pipeline.h"
#include "runtime/evaluate.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using small_models::kernels;

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

Model model_of(const std::string& name) {
  return onnx_import::load(
      std::filesystem::path(PALIMPSEST_SOURCE_DIR) / "tests/golden" / (name + ".ts.onnx"), {},
      runtime::evaluator(kernels()));
}

/// What a search compiles: the matching gradient with the parameters bound, optimised.
Function iteration_of(const Model& model, const ObjectiveSpec& spec) {
  Problem problem;
  problem.model = &model;
  problem.examples = batch_size(model);
  std::vector<std::pair<std::size_t, Literal>> weights;
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    const Literal& initial = model.parameters[i].initial;
    weights.emplace_back(i + 1, initial);
    problem.observed.tensors.emplace_back(small_models::uniform(initial.type(), i));
  }
  const Literal targets =
      small_models::uniform(targets_type(model, problem.loss, problem.examples), 99);
  passes::PassLog log;
  return passes::optimize(passes::bind(test::matching_function(problem, spec, targets), weights),
                          runtime::evaluator(kernels()), log);
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
    const Model model = model_of(name);
    const Products layers = products_of(model.function);
    REQUIRE(layers.first == 1);
    for (const DistanceKind distance : {DistanceKind::squared_l2, DistanceKind::cosine})
      for (const Route route : {Route::forward_over_reverse, Route::reverse_over_reverse}) {
        CAPTURE(route);
        const Function iteration = iteration_of(model, {.distance = distance, .route = route});
        CHECK(products_of(iteration).all == fewest(layers));
      }
  }
}

}  // namespace palimpsest::inversion
