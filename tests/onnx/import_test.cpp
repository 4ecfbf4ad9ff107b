// What import makes of a model: inputs, parameters, sites, options.

#include "onnx_import/import.h"

#include <doctest/doctest.h>

#include <cmath>

#include "runtime/evaluate.h"
#include "tests/support/cpu.h"
#include "tests/support/model_bytes.h"

namespace palimpsest::testing {
namespace {

using onnx_import::ImportOptions;

Model imported(const std::string& bytes, const ImportOptions& options = {}) {
  return onnx_import::load_bytes(as_bytes(bytes), options, runtime::evaluator(cpu()));
}

std::vector<std::string> parameter_names(const Model& model) {
  std::vector<std::string> names;
  for (const Parameter& parameter : model.parameters) names.push_back(parameter.name);
  return names;
}

/// All outputs for the data given, with the parameters of the file.
std::vector<Literal> run(const Model& model, const std::vector<Literal>& data) {
  std::vector<Literal> arguments(model.function.inputs.size());
  for (std::size_t i = 0; i < data.size(); ++i) arguments[model.data[i].input] = data[i];
  for (const Parameter& parameter : model.parameters)
    arguments[parameter.input] = parameter.initial;
  return runtime::evaluate(model.function, arguments, cpu());
}

Literal floats(Shape shape, const std::vector<float>& values) {
  return Literal::of(std::move(shape), values);
}

const Message x2 = value_info("x", {1, 2});
const Message y = value_info("y", {});

/// BatchNormalization of x [2, 1, 2] with scale 2, bias 1, mean 1, variance 3.
std::string batch_norm_model(std::int64_t training) {
  const auto one = [](std::string_view name, float value) { return tensor(name, {1}, {value}); };
  return model(
      graph({{node("BatchNormalization", {"x", "s", "b", "m", "v"}, {"y"},
                   {real_attribute("epsilon", 1), integer_attribute("training_mode", training)})},
             {one("s", 2), one("b", 1), one("m", 1), one("v", 3)},
             {value_info("x", {2, 1, 2})},
             {y}}));
}

}  // namespace

TEST_CASE("initializers that are listed as inputs are no data") {
  const Model model_of_old_kind = imported(model(graph({{node("Add", {"x", "w"}, {"y"})},
                                                        {tensor("w", {2}, {1, 2})},
                                                        {x2, value_info("w", {2})},
                                                        {y}})));
  REQUIRE(model_of_old_kind.data.size() == 1);
  CHECK(model_of_old_kind.data[0].name == "x");
  CHECK(parameter_names(model_of_old_kind) == std::vector<std::string>{"w"});
}

TEST_CASE("a symbolic batch is fixed by the batch option, other symbols by shapes") {
  const std::string file =
      model(graph({{node("Relu", {"x"}, {"y"})}, {}, {value_info("x", {-1, 3})}, {y}}));
  CHECK_THROWS_WITH_AS(imported(file), doctest::Contains("--batch"), ImportError);
  ImportOptions batch;
  batch.batch = 5;
  CHECK(imported(file, batch).function.outputs[0].shape() == Shape{5, 3});
  ImportOptions shapes;
  shapes.shapes["x"] = Shape{4, 3};
  CHECK(imported(file, shapes).function.outputs[0].shape() == Shape{4, 3});
  shapes.shapes["x"] = Shape{4, 2};
  CHECK_THROWS_AS(imported(file, shapes), InputError);
  shapes.shapes = {{"z", Shape{1}}};
  CHECK_THROWS_AS(imported(file, shapes), InputError);
}

TEST_CASE("an input that is fixed becomes a constant") {
  const std::string file =
      model(graph({{node("Reshape", {"x", "s"}, {"y"})}, {}, {x2, value_info("s", {2}, 7)}, {y}}));
  CHECK_THROWS_WITH_AS(imported(file), doctest::Contains("known at import"), UnsupportedError);
  ImportOptions options;
  options.fixed.emplace("s", Literal::of(Shape{2}, std::vector<std::int64_t>{2, 1}));
  const Model fixed = imported(file, options);
  CHECK(fixed.data.size() == 1);
  CHECK(fixed.function.outputs[0].shape() == Shape{2, 1});
}

TEST_CASE("an Identity of an initializer that is used elsewhere is a parameter of its own") {
  const Model aliased =
      imported(model(graph({{node("Identity", {"w"}, {"alias"}), node("Add", {"x", "w"}, {"a"}),
                             node("Mul", {"a", "alias"}, {"y"})},
                            {tensor("w", {2}, {3, 4})},
                            {x2},
                            {y}})));
  CHECK(parameter_names(aliased) == std::vector<std::string>{"w", "alias"});
  CHECK(aliased.parameters[1].initial == aliased.parameters[0].initial);
}

TEST_CASE("an Identity that merely renames an initializer keeps the initializer's name") {
  const Model renamed = imported(
      model(graph({{node("Identity", {"w"}, {"alias"}), node("Add", {"x", "alias"}, {"y"})},
                   {tensor("w", {2}, {3, 4})},
                   {x2},
                   {y}})));
  CHECK(parameter_names(renamed) == std::vector<std::string>{"w"});
}

TEST_CASE("an initializer with two consumers is one tied parameter") {
  const Model tied =
      imported(model(graph({{node("Add", {"x", "w"}, {"a"}), node("Mul", {"a", "w"}, {"y"})},
                            {tensor("w", {2}, {3, 4})},
                            {x2},
                            {y}})));
  CHECK(parameter_names(tied) == std::vector<std::string>{"w"});
}

TEST_CASE("floats that no derivative reaches, or that are bounds, are no parameters") {
  const Model model_with_numbers = imported(model(graph(
      {{node("Clip", {"x", "low", "high"}, {"a"}), node("Greater", {"a", "threshold"}, {"mask"}),
        node("Where", {"mask", "a", "w"}, {"y"})},
       {tensor("low", {}, {-1}), tensor("high", {}, {1}), tensor("threshold", {}, {0}),
        tensor("w", {2}, {5, 6})},
       {x2},
       {y}})));
  CHECK(parameter_names(model_with_numbers) == std::vector<std::string>{"w"});
  CHECK(run(model_with_numbers, {floats({1, 2}, {3, -3})})[0].doubles() ==
        std::vector<double>{1, 6});
}

TEST_CASE("numbers that an exporter lifted out of the code are no parameters") {
  const auto scaled_by = [](const std::string& name, const Extents& dims) {
    return parameter_names(imported(
        model(graph({{node("Mul", {"x", name}, {"y"})}, {tensor(name, dims, {3})}, {x2}, {y}}))));
  };
  CHECK(scaled_by("val_12", {}).empty());
  CHECK(scaled_by("scalar_tensor_default_1", {}).empty());
  CHECK(scaled_by("val_12", {1}) == std::vector<std::string>{"val_12"});
  CHECK(scaled_by("logit_scale", {}) == std::vector<std::string>{"logit_scale"});
}

TEST_CASE("names that exporters leave behind are warned of") {
  const auto warnings = [](const std::string& name) {
    const std::string file =
        model(graph({{node("Add", {"x", name}, {"y"})}, {tensor(name, {2}, {1, 2})}, {x2}, {y}}));
    const std::vector<std::string> all = imported(file).warnings;
    return all.empty() ? std::string{} : all.front();
  };
  CHECK(warnings("conv1.weight").empty());
  CHECK(warnings("onnx::Conv_12").find("folded") != std::string::npos);
  CHECK(warnings("conv1.weight_bias").find("folded") != std::string::npos);
  CHECK(warnings("onnx::MatMul_3").find("names made by the exporter") != std::string::npos);
  CHECK(warnings("val_7").find("names made by the exporter") != std::string::npos);
}

TEST_CASE("parameters come in the order of the file") {
  const Model ordered = imported(
      model(graph({{node("Add", {"x", "second"}, {"a"}), node("Mul", {"a", "first"}, {"y"})},
                   {tensor("first", {2}, {1, 1}), tensor("second", {2}, {1, 1})},
                   {x2},
                   {y}})));
  CHECK(parameter_names(ordered) == std::vector<std::string>{"first", "second"});
  CHECK(ordered.parameters[0].input == 1);
  CHECK(ordered.parameters[1].input == 2);
}

TEST_CASE("BatchNormalization runs in the mode of the file unless the options override it") {
  const Literal x = floats({2, 1, 2}, {0, 2, 4, 6});  // mean 3, variance 5
  const auto outputs = [&](std::int64_t training, onnx_import::Mode mode) {
    ImportOptions options;
    options.batch_norm = mode;
    return run(imported(batch_norm_model(training), options), {x})[0].doubles();
  };
  const std::vector<double> eval{0, 2, 4, 6};  // 1 + 2 (x - 1) / sqrt(3 + 1)
  const std::vector<double> fixed = outputs(0, onnx_import::Mode::model);
  for (std::size_t i = 0; i < eval.size(); ++i) CHECK(fixed[i] == doctest::Approx(eval[i]));
  CHECK(outputs(1, onnx_import::Mode::eval) == fixed);
  const std::vector<double> trained = outputs(1, onnx_import::Mode::model);
  CHECK(trained[0] == doctest::Approx(1 - 6 / std::sqrt(6.0)));
  CHECK(outputs(0, onnx_import::Mode::train) == trained);
}

TEST_CASE("a BatchNormalization site knows its statistics and buffers, which are no parameters") {
  const Model site_model = imported(batch_norm_model(0));
  CHECK(parameter_names(site_model) == std::vector<std::string>{"s", "b"});
  REQUIRE(site_model.batch_norms.size() == 1);
  const BatchNormSite& site = site_model.batch_norms[0];
  CHECK(site.mean_name == "m");
  CHECK(site.variance_name == "v");
  CHECK(site.running_variance.doubles() == std::vector<double>{3});
  CHECK(site.epsilon == 1);
  CHECK(site.input == site_model.function.inputs[0]);
  CHECK(site.batch_mean.shape() == Shape{1});
}

TEST_CASE("the logits are what a final Softmax takes, behind nodes that reshape") {
  const Model classifier = imported(
      model(graph({{node("Gemm", {"x", "w", "b"}, {"logits"}, {integer_attribute("transB", 1)}),
                    node("Softmax", {"logits"}, {"p"}), node("Identity", {"p"}, {"y"})},
                   {tensor("w", {3, 2}, {1, 2, 3, 4, 5, 6}), tensor("b", {3}, {0, 0, 0})},
                   {x2},
                   {y}})));
  CHECK(classifier.output_kind == OutputKind::probabilities);
  CHECK(classifier.logits.shape() == Shape{1, 3});
  CHECK_FALSE(classifier.logits == classifier.function.outputs[0]);
  REQUIRE(classifier.has_head);
  CHECK(classifier.head.weight_name == "w");
  CHECK(classifier.head.bias_name == "b");
  CHECK(classifier.head.weight_is_output_by_input);
  CHECK(classifier.head.features == classifier.function.inputs[0]);
}

TEST_CASE("a head of MatMul and Add is found, also behind a Transpose of its weight") {
  const Model plain =
      imported(model(graph({{node("MatMul", {"x", "w"}, {"a"}), node("Add", {"b", "a"}, {"y"})},
                            {tensor("w", {2, 1}, {1, 2}), tensor("b", {1}, {0.5F})},
                            {x2},
                            {y}})));
  REQUIRE(plain.has_head);
  CHECK(plain.head.bias_name == "b");
  CHECK_FALSE(plain.head.weight_is_output_by_input);
  const Model turned =
      imported(model(graph({{node("Transpose", {"w"}, {"t"}), node("MatMul", {"x", "t"}, {"y"})},
                            {tensor("w", {1, 2}, {1, 2})},
                            {x2},
                            {y}})));
  REQUIRE(turned.has_head);
  CHECK(turned.head.weight_is_output_by_input);
}

TEST_CASE("shape subgraphs vanish") {
  const Model flat = imported(model(
      graph({{node("Shape", {"x"}, {"s"}), node("Gather", {"s", "zero"}, {"n"}),
              node("Unsqueeze", {"n", "axes"}, {"n1"}),
              node("Concat", {"n1", "rest"}, {"target"}, {integer_attribute("axis", 0)}),
              node("Reshape", {"x", "target"}, {"y"})},
             {integers("zero", {}, {0}), integers("axes", {1}, {0}), integers("rest", {1}, {-1})},
             {value_info("x", {2, 3, 4})},
             {y}})));
  CHECK(flat.function.outputs[0].shape() == Shape{2, 12});
  CHECK(flat.function.graph->size() == 2);
}

TEST_CASE("a known condition takes its branch and leaves the other unread") {
  const Message taken = graph({{node("Relu", {"x"}, {"t"})}, {}, {}, {value_info("t", {})}});
  const Message left =
      graph({{node("NoSuchOperator", {"x"}, {"e"})}, {}, {}, {value_info("e", {})}});
  const Model branched = imported(model(
      graph({{node("If", {"yes"}, {"y"},
                   {graph_attribute("then_branch", taken), graph_attribute("else_branch", left)})},
             {raw_tensor("yes", 9, {}, "\x01")},
             {x2},
             {y}})));
  CHECK(run(branched, {floats({1, 2}, {-1, 2})})[0].doubles() == std::vector<double>{0, 2});
}

TEST_CASE("functions are inlined, with their attributes and those of nested calls") {
  const Message leaky = function(
      "leaky", {"a"}, {"b"},
      {node("LeakyRelu", {"a"}, {"b"}, {reference_attribute("alpha", "slope", 1)})}, {"slope"});
  const Message twice =
      function("twice", {"a"}, {"c"},
               {node("leaky", {"a"}, {"b"}, {reference_attribute("slope", "factor", 1)}, "local"),
                node("leaky", {"b"}, {"c"}, {reference_attribute("slope", "factor", 1)}, "local")},
               {"factor"});
  const Model inlined_calls = imported(
      model(graph({{node("twice", {"x"}, {"y"}, {real_attribute("factor", 0.5F)}, "local")},
                   {},
                   {x2},
                   {y}}),
            17, {leaky, twice}));
  CHECK(run(inlined_calls, {floats({1, 2}, {-4, 2})})[0].doubles() == std::vector<double>{-1, 2});
  REQUIRE(inlined_calls.operators.size() == 1);
  CHECK(inlined_calls.operators[0] == std::pair<std::string, std::int64_t>("LeakyRelu", 2));
}

TEST_CASE("all unsupported operators are named at once, with count, node and reason") {
  const std::string file =
      model(graph({{node("NoSuchOperator", {"x"}, {"a"}), node("NoSuchOperator", {"a"}, {"b"}),
                    node("Fused", {"b"}, {"c"}, {}, "vendor"), node("Gelu", {"c"}, {"y"})},
                   {},
                   {x2},
                   {y}}),
            17);
  try {
    imported(file);
    FAIL("an UnsupportedError was expected");
  } catch (const UnsupportedError& error) {
    const std::string words = error.what();
    CHECK(words.find("NoSuchOperator (2 nodes, first 'a')") != std::string::npos);
    CHECK(words.find("vendor.Fused (1 node, first 'c')") != std::string::npos);
    CHECK(words.find("Gelu (1 node, first 'y'): opset 20 or newer expected, 17 came") !=
          std::string::npos);
  }
}

TEST_CASE("nodes that no output needs are left out, supported or not") {
  const Model small = imported(model(graph(
      {{node("NoSuchOperator", {"x"}, {"unused"}), node("Relu", {"x"}, {"y"})}, {}, {x2}, {y}})));
  CHECK(small.function.graph->size() == 2);
}

TEST_CASE("half precision widens exactly, subnormals and infinities among it") {
  const std::string halves("\x00\x3c\x01\x00\xff\x03\x00\xfc\x00\x80", 10);
  const Model widened = imported(model(graph({{node("Add", {"x", "w"}, {"y"})},
                                              {raw_tensor("w", 10, {5}, halves)},
                                              {value_info("x", {5})},
                                              {y}})));
  const std::vector<double> values = widened.parameters[0].initial.doubles();
  CHECK(values[0] == 1);
  CHECK(values[1] == 0x1p-24);
  CHECK(values[2] == 0x1.ff8p-15);
  CHECK(values[3] == -INFINITY);
  CHECK(std::signbit(values[4]));
}

TEST_CASE("the float type of the import holds for data, parameters and results") {
  ImportOptions options;
  options.dtype = DType::f64;
  const Model wide = imported(
      model(graph({{node("Add", {"x", "w"}, {"y"})}, {tensor("w", {2}, {1, 2})}, {x2}, {y}})),
      options);
  CHECK(wide.function.inputs[0].dtype() == DType::f64);
  CHECK(wide.parameters[0].initial.dtype() == DType::f64);
  CHECK(wide.function.outputs[0].dtype() == DType::f64);
  options.dtype = DType::i64;
  CHECK_THROWS_AS(imported(batch_norm_model(0), options), InputError);
}

}  // namespace palimpsest::testing
