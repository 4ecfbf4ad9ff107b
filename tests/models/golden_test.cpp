#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/golden.h"

using namespace palimpsest;
using inversion::Route;

namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(PALIMPSEST_SOURCE_DIR) / "tests/golden";

struct GoldenModel {
  std::string name;
  nlohmann::json facts;
  test::Golden golden;
  fs::path file(const std::string& exporter) const {
    return folder / (name + "." + exporter + ".onnx");
  }
};

std::vector<GoldenModel> golden_models() {
  std::vector<GoldenModel> models;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().stem().string();
    models.push_back({name, nlohmann::json::parse(std::ifstream(entry.path())),
                      test::load_golden(folder / (name + ".npz"))});
  }
  return models;
}

/// Twenty times what PyTorch itself loses in f32, and a rounding.
double f32_limit(const GoldenModel& model, const char* what) {
  return 20 * model.facts["torch_float32"][what].get<double>() + 2e-6;
}

}  // namespace

TEST_CASE("the golden folder holds the fourteen architectures") {
  CHECK(golden_models().size() == 14);
}

TEST_CASE("every golden model of both exporters agrees with PyTorch's double backward in f64") {
  for (const GoldenModel& model : golden_models())
    for (const std::string exporter : {"ts", "dynamo"}) {
      CAPTURE(model.name);
      CAPTURE(exporter);
      const double limit = model.facts["float64_limit"][exporter].get<double>();
      const test::GoldenErrors errors =
          test::golden_errors(model.file(exporter), model.golden, DType::f64);
      CHECK(errors.parameters == model.golden.gradients.size());
      CHECK(errors.logits <= limit);
      CHECK(errors.gradients <= limit);
      CHECK(errors.matching_cosine <= limit);
      CHECK(errors.matching_l2 <= limit);
    }
}

TEST_CASE("reverse over reverse agrees with PyTorch's double backward in f64") {
  for (const GoldenModel& model : golden_models()) {
    CAPTURE(model.name);
    const test::GoldenErrors errors = test::golden_errors(model.file("dynamo"), model.golden,
                                                          DType::f64, Route::reverse_over_reverse);
    CHECK(errors.matching_cosine <= 1e-9);
    CHECK(errors.matching_l2 <= 1e-9);
  }
}

TEST_CASE("every golden model stays near PyTorch in f32 where no branch flips") {
  for (const GoldenModel& model : golden_models()) {
    CAPTURE(model.name);
    const test::GoldenErrors errors =
        test::golden_errors(model.file("ts"), model.golden, DType::f32);
    CHECK(errors.logits <= f32_limit(model, "logits"));
    MESSAGE(model.name << ": " << *errors.mask_flips << " branches differ between f32 and f64");
    if (*errors.mask_flips > 0) continue;
    CHECK(errors.gradients <= std::min(1e-4, f32_limit(model, "gradients")));
    CHECK(errors.matching_cosine <= std::min(1e-4, f32_limit(model, "matching_cosine")));
    CHECK(errors.matching_l2 <= std::min(1e-4, f32_limit(model, "matching_l2")));
  }
}
