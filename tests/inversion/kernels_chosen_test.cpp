// Which kernels the convolutions of whole models get.

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "onnx_import/import.h"
#include "passes/bind.h"
#include "passes/pipeline.h"
#include "runtime/compile.h"
#include "runtime/evaluate.h"
#include "tests/support/golden.h"
#include "tests/support/small_models.h"

namespace palimpsest::inversion {
namespace {

using small_models::kernels;

/// The matching iteration of a model with its parameters bound, as a search compiles it.
runtime::Program iteration_of(const std::filesystem::path& file) {
  const Model model = onnx_import::load(file, {}, runtime::evaluator(kernels()));
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
  return runtime::compile(
      passes::optimize(passes::bind(test::matching_function(problem, {}, targets), weights),
                       runtime::evaluator(kernels()), log),
      kernels());
}

}  // namespace

TEST_CASE("no convolution of any golden model runs by oneDNN's reference code or by our im2col") {
  const std::filesystem::path folder =
      std::filesystem::path(PALIMPSEST_SOURCE_DIR) / "tests/golden";
  std::set<std::string> chosen;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.path().string().ends_with(".ts.onnx")) continue;
    CAPTURE(entry.path().filename());
    for (const runtime::StepInfo& step : iteration_of(entry.path()).steps()) {
      if (!step.primitive.starts_with("conv")) continue;
      CAPTURE(step.primitive);
      CAPTURE(step.label);
      CAPTURE(step.output);
      CAPTURE(step.algorithm);
      CHECK(step.output.dtype == DType::f32);
      CHECK(step.algorithm.find("ref") == std::string::npos);
      CHECK(step.algorithm.find("simple") == std::string::npos);
      CHECK(step.algorithm != "own:gemm");
      chosen.insert(step.algorithm);
    }
  }
  CHECK(chosen.contains("own:stem"));
  CHECK(chosen.contains("own:depthwise"));
}

}  // namespace palimpsest::inversion
