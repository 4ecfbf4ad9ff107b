// Names, order and sites of the golden models; tests/models checks their numbers.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "onnx_import/import.h"
#include "runtime/evaluate.h"
#include "tests/support/cpu.h"
#include "tests/support/golden.h"

namespace palimpsest::testing {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(PALIMPSEST_SOURCE_DIR) / "tests/golden";

std::vector<fs::path> golden_models() {
  std::vector<fs::path> models;
  for (const auto& entry : fs::directory_iterator(folder))
    if (fs::exists(folder / (entry.path().stem().stem().string() + ".npz")) &&
        entry.path().extension() == ".onnx")
      models.push_back(entry.path());
  std::sort(models.begin(), models.end());
  return models;
}

Model imported(const fs::path& path) {
  return onnx_import::load(path, {}, runtime::evaluator(cpu()));
}

}  // namespace

TEST_CASE("golden models keep every parameter under its PyTorch name, shape and place") {
  REQUIRE(golden_models().size() >= 28);
  for (const fs::path& path : golden_models()) {
    CAPTURE(path.filename().string());
    const auto golden = test::load_golden(folder / (path.stem().stem().string() + ".npz"));
    const Model model = imported(path);
    REQUIRE(model.parameters.size() == golden.gradients.size());
    for (std::size_t i = 0; i < model.parameters.size(); ++i) {
      CHECK(model.parameters[i].name == golden.gradients[i].first);
      CHECK(model.parameters[i].initial.shape() == golden.gradients[i].second.shape());
    }
    CHECK(model.warnings.empty());
  }
}

TEST_CASE("both exporters' files of a golden model give the same sites") {
  for (const std::string name : {"resnet18", "densenet121", "mobilenet_v2", "convnext_tiny"}) {
    CAPTURE(name);
    const Model ts = imported(folder / (name + ".ts.onnx"));
    const Model dynamo = imported(folder / (name + ".dynamo.onnx"));
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

}  // namespace palimpsest::testing
