#include "tests/support/gemm_models.h"

#include "onnx_import/import.h"
#include "runtime/evaluate.h"
#include "tests/support/cpu.h"
#include "tests/support/model_bytes.h"
#include "tests/support/small_models.h"

namespace palimpsest::testing {
namespace {

std::int64_t inputs_of(const GemmModelSpec& spec) {
  return spec.side * spec.side * (spec.channels_last ? 3 : 1);
}

std::vector<float> or_random(const std::vector<float>& given, std::int64_t count,
                             std::uint64_t seed) {
  if (!given.empty()) return given;
  const Literal drawn = small_models::uniform({DType::f32, {count}}, seed);
  std::vector<float> values;
  for (const float value : drawn.values<float>()) values.push_back(value - 0.5F);
  return values;
}

}  // namespace

std::string gemm_model_bytes(const GemmModelSpec& spec) {
  const std::int64_t inputs = inputs_of(spec);
  GraphParts parts;
  std::string x = "x";
  const auto add = [&](const Message& made, const std::string& output) {
    parts.nodes.push_back(made);
    x = output;
  };
  if (spec.rescaled) {
    parts.nodes.push_back(node("Constant", {}, {"mean"}, {real_attribute("value_float", 0.5F)}));
    parts.nodes.push_back(node("Constant", {}, {"dev"}, {real_attribute("value_float", 0.25F)}));
    add(node("Sub", {x, "mean"}, {"centred"}), "centred");
    add(node("Div", {x, "dev"}, {"scaled"}), "scaled");
  }
  if (spec.channels_last)
    add(node("Transpose", {x}, {"nchw"}, {integers_attribute("perm", {0, 3, 1, 2})}), "nchw");
  add(node("Flatten", {x}, {"flat"}), "flat");
  const std::vector<float> first = or_random(spec.first_weight, spec.hidden * inputs, 1);
  const std::vector<float> bias = or_random(spec.first_bias, spec.hidden, 2);
  if (spec.bias) parts.initializers.push_back(tensor("first.bias", {spec.hidden}, bias));
  if (spec.matmul) {
    parts.initializers.push_back(tensor("first.weight", {inputs, spec.hidden}, first));
    add(node("MatMul", {x, "first.weight"}, {"product"}), "product");
    add(node("Add", {"first.bias", x}, {"hidden"}), "hidden");
  } else {
    parts.initializers.push_back(tensor("first.weight", {spec.hidden, inputs}, first));
    Names operands{x, "first.weight"};
    if (spec.bias) operands.push_back("first.bias");
    add(node("Gemm", operands, {"hidden"}, {integer_attribute("transB", 1)}), "hidden");
  }
  add(node(spec.activation, {x}, {"active"}), "active");
  parts.initializers.push_back(
      tensor("second.weight", {spec.classes, spec.hidden},
             or_random(spec.second_weight, spec.classes * spec.hidden, 3)));
  parts.initializers.push_back(
      tensor("second.bias", {spec.classes}, or_random({}, spec.classes, 4)));
  add(node("Gemm", {x, "second.weight", "second.bias"}, {"logits"},
           {integer_attribute("transB", 1)}),
      "logits");
  const Extents image = spec.channels_last ? Extents{spec.batch, spec.side, spec.side, 3}
                                           : Extents{spec.batch, 1, spec.side, spec.side};
  parts.inputs.push_back(value_info("x", image));
  parts.outputs.push_back(value_info("logits", {spec.batch, spec.classes}));
  return model(graph(parts));
}

Model gemm_model(const GemmModelSpec& spec) {
  onnx_import::ImportOptions options;
  options.dtype = spec.dtype;
  return onnx_import::load_bytes(as_bytes(gemm_model_bytes(spec)), options,
                                 runtime::evaluator(cpu()));
}

GemmModelSpec imprint_spec(GemmModelSpec spec, float low, float high) {
  const std::int64_t inputs = inputs_of(spec);
  spec.first_weight.assign(static_cast<std::size_t>(spec.hidden * inputs),
                           1 / static_cast<float>(inputs));
  spec.first_bias.clear();
  for (std::int64_t k = 0; k < spec.hidden; ++k)
    spec.first_bias.push_back(
        -(low + (high - low) * static_cast<float>(k) / static_cast<float>(spec.hidden)));
  spec.second_weight.clear();
  for (std::int64_t c = 0; c < spec.classes; ++c)
    spec.second_weight.insert(spec.second_weight.end(), static_cast<std::size_t>(spec.hidden),
                              0.1F * static_cast<float>(c + 1));
  return spec;
}

}  // namespace palimpsest::testing
