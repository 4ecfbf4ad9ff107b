#include "inversion/perceptual.h"

#include <doctest/doctest.h>

#include "onnx_import/import.h"
#include "runtime/evaluate.h"
#include "tests/support/model_bytes.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using namespace palimpsest::testing;
using small_models::kernels;

/// (a, b) -> sum over everything but the first axis of w (a - b)^2, w by channel. Extents of -1
/// are left open.
std::string network(std::int64_t batch, std::int64_t channels, std::int64_t side) {
  const Extents extents{batch, channels, side, side};
  const std::vector<float> weights{1, 0.5F, 0.25F};
  GraphParts parts;
  parts.nodes = {node("Sub", {"a", "b"}, {"d"}), node("Mul", {"d", "d"}, {"dd"}),
                 node("Mul", {"dd", "w"}, {"wdd"}),
                 node("ReduceSum", {"wdd"}, {"distance"}, {integers_attribute("axes", {1, 2, 3})})};
  parts.initializers = {tensor("w", {1, 3, 1, 1}, weights)};
  parts.inputs = {value_info("a", extents), value_info("b", extents)};
  parts.outputs = {value_info("distance", {batch, 1, 1, 1})};
  return model(graph(parts), 11);
}

Model loaded(const std::string& bytes, const Shape& open) {
  onnx_import::ImportOptions options;
  options.open_axes = open;
  return onnx_import::load_bytes(as_bytes(bytes), options, runtime::evaluator(kernels()));
}

/// Three images of 2x2, whose channels differ from black by 0.1, 0.2, 0.3 and image 2's by 1.
Literal coloured() {
  std::vector<float> values;
  for (int n = 0; n < 3; ++n)
    for (const float level : {0.1F, 0.2F, 0.3F})
      for (int pixel = 0; pixel < 4; ++pixel) values.push_back(n == 2 ? 1.0F : level);
  return Literal::of<float>({3, 3, 2, 2}, values);
}

Literal black(std::int64_t channels) {
  return Literal::filled({DType::f32, {3, channels, 2, 2}}, 0);
}

}  // namespace

TEST_CASE("LPIPS is what the network says of each pair, in the units that it expects") {
  // 4 pixels, each 1 * 0.1^2 + 0.5 * 0.2^2 + 0.25 * 0.3^2 = 0.0525; white: 1.75.
  const std::vector<double> expected{0.21, 0.21, 7};
  for (const std::int64_t batch : {-1, 1, 2, 3, 7}) {
    CAPTURE(batch);
    const Model lpips = loaded(network(batch, 3, batch == -1 ? -1 : 2), {1, 3, 2, 2});
    const auto in_unit_range =
        perceptual_distances(lpips, coloured(), black(3), {0, 1}, kernels(), 1);
    const auto centred = perceptual_distances(lpips, coloured(), black(3), {}, kernels(), 1);
    REQUIRE(in_unit_range.size() == 3);
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(in_unit_range[k] == doctest::Approx(expected[k]).epsilon(1e-6));
      // Twice the contrast, four times the square.
      CHECK(centred[k] == doctest::Approx(4 * expected[k]).epsilon(1e-6));
    }
  }
}

TEST_CASE("grey images are repeated in the three channels of the network") {
  const Model lpips = loaded(network(1, 3, 2), {1, 3, 2, 2});
  const Literal grey = Literal::filled({DType::f32, {3, 1, 2, 2}}, 0.5);
  for (const double distance : perceptual_distances(lpips, grey, black(1), {0, 1}, kernels(), 1))
    CHECK(distance == doctest::Approx(4 * 1.75 * 0.25));
}

TEST_CASE("a network that is no LPIPS network, and images that are not its, are refused") {
  const auto distances = [](const Model& model, const Literal& a, const Literal& b) {
    return perceptual_distances(model, a, b, {}, kernels(), 1);
  };
  CHECK_THROWS_WITH_AS(distances(small_models::lenet(), coloured(), black(3)),
                       doctest::Contains("two data inputs"), UnsupportedError);
  const Model lpips = loaded(network(1, 3, 2), {1, 3, 2, 2});
  CHECK_THROWS_WITH_AS(distances(loaded(network(1, 3, 4), {1, 3, 4, 4}), coloured(), black(3)),
                       doctest::Contains("4x4"), InputError);
  CHECK_THROWS_AS(distances(lpips, coloured(), black(1)), InputError);

  Model pixelwise = loaded(network(1, 3, 2), {1, 3, 2, 2});
  pixelwise.function.outputs = {pixelwise.function.inputs.front()};
  CHECK_THROWS_WITH_AS(distances(pixelwise, coloured(), black(3)),
                       doctest::Contains("one distance"), UnsupportedError);
}

TEST_CASE("a distance that is not finite is an error, not a figure") {
  const Model lpips = loaded(network(1, 3, 2), {1, 3, 2, 2});
  CHECK_THROWS_AS(perceptual_distances(lpips, coloured(), black(3), {-1e30, 1e30}, kernels(), 1),
                  NumericError);
}

}  // namespace palimpsest::inversion
