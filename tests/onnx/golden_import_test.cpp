// The golden models: two exporters, fifteen architectures, PyTorch's own results.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "onnx_import/import.h"
#include "ops/cpu_kernels.h"
#include "runtime/evaluate.h"
#include "tools/io/files.h"
#include "tools/io/npz.h"

namespace palimpsest::test {
namespace {

namespace fs = std::filesystem;

const fs::path golden = fs::path(PALIMPSEST_SOURCE_DIR) / "tests/golden";

std::vector<fs::path> golden_models() {
  std::vector<fs::path> models;
  for (const auto& entry : fs::directory_iterator(golden))
    if (entry.path().extension() == ".onnx") models.push_back(entry.path());
  std::sort(models.begin(), models.end());
  return models;
}

std::map<std::string, Literal> golden_values(const fs::path& model) {
  const fs::path path = golden / (model.stem().stem().string() + ".npz");
  std::map<std::string, Literal> values;
  for (auto& [name, literal] : tools::parse_npz(tools::read_file(path), path.string()).tensors)
    values.emplace(name, literal);
  return values;
}

Model imported(const fs::path& model, DType dtype) {
  onnx_import::ImportOptions options;
  options.dtype = dtype;
  return onnx_import::load(model, options, runtime::evaluator(all_cpu_kernels()));
}

Literal logits_of(const Model& model, const Literal& x) {
  std::vector<Literal> arguments(model.function.inputs.size());
  arguments[model.data.front().input] = x;
  for (const Parameter& parameter : model.parameters)
    arguments[parameter.input] = parameter.initial;
  return runtime::evaluate(model.function, arguments, all_cpu_kernels()).front();
}

double relative_error(const Literal& y, const Literal& expected) {
  const std::vector<double> a = y.doubles();
  const std::vector<double> b = expected.doubles();
  double error = 0;
  double norm = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    error += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(error / norm);
}

/// TorchScript writes Gelu out with sqrt(2) rounded to float32; the goldens are exact.
double f64_limit(const fs::path& model) {
  return model.filename() == "convnext_tiny.ts.onnx" ? 1e-6 : 1e-10;
}

}  // namespace

TEST_CASE("golden models yield PyTorch's logits in f64") {
  for (const fs::path& path : golden_models()) {
    CAPTURE(path.filename().string());
    const auto values = golden_values(path);
    const Model model = imported(path, DType::f64);
    CHECK(relative_error(logits_of(model, values.at("x").converted(DType::f64)),
                         values.at("logits")) < f64_limit(path));
  }
}

TEST_CASE("golden models keep every parameter under its PyTorch name, shape and order") {
  for (const fs::path& path : golden_models()) {
    CAPTURE(path.filename().string());
    const auto values = golden_values(path);
    const Model model = imported(path, DType::f32);
    std::size_t gradients = 0;
    for (const auto& [name, literal] : values) gradients += name.starts_with("grad/") ? 1 : 0;
    CHECK(model.parameters.size() == gradients);
    for (const Parameter& parameter : model.parameters) {
      CAPTURE(parameter.name);
      const auto gradient = values.find("grad/" + parameter.name);
      REQUIRE(gradient != values.end());
      CHECK(gradient->second.shape() == parameter.initial.shape());
      CHECK(parameter.initial.dtype() == DType::f32);
    }
  }
}

TEST_CASE("both exporters' files of a golden model give the same sites") {
  for (const std::string name : {"resnet18", "densenet121", "mobilenet_v2", "convnext_tiny"}) {
    CAPTURE(name);
    const Model ts = imported(golden / (name + ".ts.onnx"), DType::f32);
    const Model dynamo = imported(golden / (name + ".dynamo.onnx"), DType::f32);
    CHECK(ts.data.front().layout == ImageLayout::nchw);
    REQUIRE(ts.has_head);
    CHECK(ts.head.weight_name == dynamo.head.weight_name);
    CHECK(ts.head.bias_name == dynamo.head.bias_name);
    CHECK(ts.head.weight_is_output_by_input);
    REQUIRE(ts.batch_norms.size() == dynamo.batch_norms.size());
    for (std::size_t i = 0; i < ts.batch_norms.size(); ++i) {
      CHECK(ts.batch_norms[i].mean_name == dynamo.batch_norms[i].mean_name);
      CHECK(ts.batch_norms[i].running_variance == dynamo.batch_norms[i].running_variance);
      CHECK_FALSE(ts.batch_norms[i].train);
    }
  }
}

}  // namespace palimpsest::test
