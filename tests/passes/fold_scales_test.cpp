// Scales behind products, folded into weights.

#include "passes/fold_scales.h"

#include <limits>

#include "autodiff/autodiff.h"
#include "onnx_import/import.h"
#include "ops/conv/conv.h"
#include "ops/linalg/linalg.h"
#include "ops/movement/movement.h"
#include "ops/nn/norm.h"
#include "ops/pointwise/binary.h"
#include "ops/reduce/reduce.h"
#include "tests/passes/functions.h"

namespace palimpsest::testing {
namespace {

using passes::fold_scales;

constexpr passes::FoldScalesLimits always{std::numeric_limits<double>::infinity()};
constexpr std::size_t images[] = {0};

/// A function of images (input 0) and parameters, all f64.
class Network {
 public:
  explicit Network(Shape images) { input(std::move(images)); }
  Value input(Shape shape) {
    function_.inputs.push_back(function_.graph->input({DType::f64, std::move(shape)}));
    return function_.inputs.back();
  }
  Value images() const { return function_.inputs.front(); }
  Value constant(Shape shape, double value) {
    return full(*function_.graph, {DType::f64, std::move(shape)}, value);
  }
  /// Evaluation mode, with parameters for scale and bias.
  Value batch_norm(Value x, double variance = 0.7) {
    const Shape channels{x.shape()[1]};
    const Value scale = input(channels), bias = input(channels);
    return nn::batch_norm(x, scale, bias, constant(channels, 0.3), constant(channels, variance),
                          1e-5);
  }
  Function finish(Value y) {
    function_.outputs = {y};
    return std::move(function_);
  }

 private:
  Function function_;
};

ConvGeometry geometry_of(const Shape& input, const Shape& filter, std::int64_t groups = 1) {
  return conv_geometry(input, filter, {1, 1}, {1, 1}, {1, 1}, {1, 1}, groups);
}

Function convolution_with_norm() {
  Network network({2, 3, 4, 4});
  const Value w = network.input({5, 3, 3, 3}), b = network.input({5});
  const Value y = conv(network.images(), w, geometry_of({2, 3, 4, 4}, {5, 3, 3, 3}));
  return network.finish(network.batch_norm(y + reshape(b, {1, 5, 1, 1})));
}

Function depthwise_with_norm() {
  Network network({2, 4, 3, 3});
  const Value w = network.input({8, 1, 3, 3});
  const Value y = conv(network.images(), w, geometry_of({2, 4, 3, 3}, {8, 1, 3, 3}, 4));
  return network.finish(network.batch_norm(y));
}

/// The input gradient of a convolution from 6 to 4 channels.
Function transposed_with_norm(std::int64_t groups) {
  Network network({2, 4, 3, 3});
  const Shape filter{4, 6 / groups, 3, 3};
  const Value w = network.input(filter);
  const Value y = conv_input_grad(network.images(), w, geometry_of({2, 6, 3, 3}, filter, groups));
  return network.finish(network.batch_norm(y));
}

Function linear_with_norm(bool transposed) {
  Network network({4, 3});
  const Value w = network.input(transposed ? Shape{5, 3} : Shape{3, 5}), b = network.input({5});
  const Value y = matmul(network.images(), w, {.transpose_b = transposed}) + b;
  return network.finish(network.batch_norm(y));
}

/// Every kind of link: c - y, y / c, a number for all channels.
Function odd_chain() {
  Network network({3, 2});
  const Value w = network.input({2, 4}), a = network.input({4}), b = network.input({4});
  const Value y = a - matmul(network.images(), w);
  return network.finish((y / (b + 3)) * 0.5 - a);
}

/// f's output, all gradients of its energy e, and the derivative of what |de/dparameters|^2 is
/// with respect to the images.
Function with_derivatives(const Function& f) {
  Function result;
  for (const Value input : f.inputs) result.inputs.push_back(result.graph->input(input.type()));
  const Value y = inlined(*result.graph, f, result.inputs).front();
  const std::vector<Value> gradients =
      autodiff::gradient(sum_all(tanh(y) * tanh(y)), result.inputs);
  Value distance = sum_all(gradients[1] * gradients[1]);
  for (std::size_t i = 2; i < gradients.size(); ++i)
    distance = distance + sum_all(gradients[i] * gradients[i]);
  result.outputs = gradients;
  result.outputs.push_back(y);
  result.outputs.push_back(
      autodiff::gradient(distance, std::vector<Value>{result.inputs[0]}).front());
  return result;
}

/// Folded means that no product is followed by a product of numbers.
bool scales_results(const Function& f) {
  for (std::uint32_t index = 0; index < f.graph->size(); ++index) {
    const Node& node = f.graph->node(index);
    if ((node.op.as<Mul>() || node.op.as<Div>()) && node.type == f.outputs[0].type()) return true;
  }
  return false;
}

void check_folds(const Function& f) {
  const Function folded = fold_scales(f, images, always);
  CHECK(scales_results(f));
  CHECK_FALSE(scales_results(folded));
  check_equal_results(with_derivatives(f), with_derivatives(folded));
}

void check_near(const Literal& computed, const Literal& expected, double limit) {
  const std::vector<double> a = computed.doubles(), b = expected.doubles();
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  CHECK(std::sqrt(difference) <= limit * std::sqrt(size));
}

/// The graph is the same node for node.
void check_stays(const Function& f, passes::FoldScalesLimits limits = always) {
  CHECK(primitives_of(fold_scales(f, images, limits)) == primitives_of(f));
}

}  // namespace

TEST_CASE("batch norm behind convolutions folds into their weights, with all derivatives") {
  check_folds(convolution_with_norm());
  check_folds(depthwise_with_norm());
}

TEST_CASE("batch norm behind transposed convolutions folds, in groups too") {
  check_folds(transposed_with_norm(1));
  check_folds(transposed_with_norm(2));
}

TEST_CASE("batch norm behind linear layers folds, whichever way the weight lies") {
  check_folds(linear_with_norm(true));
  check_folds(linear_with_norm(false));
}

TEST_CASE("differences, quotients and numbers in a chain fold") { check_folds(odd_chain()); }

TEST_CASE("a folded chain is one product and one sum") {
  Network network({2, 3});
  const Value w = network.input({3, 2}), b = network.input({2}), s = network.input({2});
  const Function f = network.finish((matmul(network.images(), w) + b) * s);
  CHECK(primitives_of(f) == "matmul reshape broadcast add reshape broadcast mul");
  CHECK(primitives_of(fold_scales(f, images, always)) ==
        "reshape reshape mul broadcast mul matmul broadcast add");
}

TEST_CASE("derivatives stay finite where the running variance is tiny and the scale is zero") {
  for (const double variance : {0.0, 1e-30}) {
    Network network({1, 2, 3, 3});
    const Value w = network.input({2, 2, 3, 3});
    const Value y = conv(network.images(), w, geometry_of({1, 2, 3, 3}, {2, 2, 3, 3}));
    const Function f = network.finish(network.batch_norm(y, variance));
    const Function second = with_derivatives(fold_scales(f, images, always));
    std::vector<Literal> inputs = samples_for(f);
    inputs[2] = Literal::filled(inputs[2].type(), 0);  // the scale
    const auto expected = evaluated(with_derivatives(f), inputs);
    const auto computed = evaluated(second, inputs);
    for (std::size_t k = 0; k < expected.size(); ++k) {
      const auto a = expected[k].doubles(), b = computed[k].doubles();
      for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(std::isfinite(b[i]));
        CHECK(std::abs(a[i] - b[i]) <= 1e-12 * std::max(1.0, std::abs(a[i])));
      }
    }
  }
}

TEST_CASE("a scale is not folded where weights are larger than the result") {
  const Function f = convolution_with_norm();  // 135 weights, 160 results
  check_stays(f, {0.8});
  CHECK_FALSE(scales_results(fold_scales(f, images, {0.9})));
}

TEST_CASE("a product that is used elsewhere keeps its weights") {
  Network network({2, 3});
  const Value w = network.input({3, 2}), s = network.input({2});
  const Value y = matmul(network.images(), w);
  check_stays(network.finish(y * s + tanh(y)));
}

TEST_CASE("scales that depend on the data, on nothing, or on the row are not folded") {
  Network squeezed({1, 3}), numbers({2, 3}), rows({2, 3});
  const Value y = matmul(squeezed.images(), squeezed.input({3, 3}));
  check_stays(squeezed.finish(y * squeezed.images()));
  const Value z = matmul(numbers.images(), numbers.input({3, 2}));
  check_stays(numbers.finish(z * 0.5));
  const Value r = matmul(rows.images(), rows.input({3, 3}));
  check_stays(rows.finish(r * rows.input({2, 1})));
}

TEST_CASE("whole networks have the same gradients and second derivatives folded and not") {
  for (const std::string name : {"resnet18", "mobilenet_v2", "densenet121", "efficientnet_b0"}) {
    CAPTURE(name);
    onnx_import::ImportOptions options;
    options.dtype = DType::f64;
    const Model model =
        onnx_import::load(std::string(PALIMPSEST_SOURCE_DIR) + "/tests/golden/" + name + ".ts.onnx",
                          options, runtime::evaluator(all_cpu_kernels()));
    std::vector<Literal> inputs(model.function.inputs.size());
    inputs[model.data[0].input] = sample(model.function.inputs[model.data[0].input].type());
    for (const Parameter& parameter : model.parameters) inputs[parameter.input] = parameter.initial;
    const std::size_t data[] = {model.data[0].input};
    const Function folded = fold_scales(model.function, data, always);
    const bool differs = primitives_of(folded) != primitives_of(model.function);
    CHECK(differs);
    const auto expected = evaluated(with_derivatives(model.function), inputs);
    const auto computed = evaluated(with_derivatives(folded), inputs);
    for (std::size_t k = 0; k < expected.size(); ++k) check_near(computed[k], expected[k], 1e-9);
  }
}

}  // namespace palimpsest::testing
