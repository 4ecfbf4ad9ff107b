#include "tools/cli/model_options.h"

#include <omp.h>

#include "inversion/restarts_at_once.h"
#include "ops/cost/flops.h"
#include "ops/cpu_kernels.h"
#include "runtime/evaluate.h"
#include "tools/cli/words.h"
#include "tools/io/config.h"

namespace palimpsest::tools {
namespace {

onnx_import::Mode parse_mode(const std::string& word) {
  if (word == "train") return onnx_import::Mode::train;
  if (word == "eval") return onnx_import::Mode::eval;
  return onnx_import::Mode::model;
}

}  // namespace

void ModelOptions::add_to(CLI::App& app) {
  app.add_option("model", path, "ONNX model file")->required();
  add_settings_to(app);
}

void ModelOptions::add_optional_to(CLI::App& app) {
  app.add_option("--model", path, "ONNX file of the attacked model");
  add_settings_to(app);
}

void ModelOptions::add_settings_to(CLI::App& app) {
  app.add_option("--batch", batch, "size of a symbolic first axis")->check(CLI::PositiveNumber);
  app.add_option("--shape", shapes, "shape of an input: name=1x3x224x224 (repeatable)");
  app.add_option("--bn", batch_norm, "how BatchNormalization runs")
      ->check(CLI::IsMember({"model", "train", "eval"}))
      ->capture_default_str();
  app.add_option("--dtype", dtype, "float type of all computation")
      ->check(CLI::IsMember({"f32", "f64"}))
      ->capture_default_str();
  app.add_option("--clip-border", clip_border, "derivative of Clip at its bounds")
      ->check(CLI::IsMember({"0", "1"}))
      ->capture_default_str();
  app.add_option("--threads", threads, "CPU threads (default: all cores, one for small models)")
      ->check(CLI::Range(0, 1024));
}

onnx_import::ImportOptions ModelOptions::import_options() const {
  onnx_import::ImportOptions options;
  if (batch > 0) options.batch = batch;
  for (const std::string& shape : shapes) {
    const auto [name, extents] = parse_pair(shape);
    options.shapes[name] = parse_shape(extents);
  }
  options.batch_norm = parse_mode(batch_norm);
  options.dtype = dtype == "f64" ? DType::f64 : DType::f32;
  options.clip_border_blocks = clip_border == "0";
  return options;
}

std::string ModelOptions::facts() const {
  ConfigWriter out;
  out.value("batch", batch);
  for (const std::string& shape : shapes) out.value("shape", shape);
  out.value("bn", batch_norm);
  out.value("dtype", dtype);
  out.value("clip_border", clip_border);
  return out.text();
}

Model ModelOptions::load() const {
  return onnx_import::load(path, import_options(), runtime::evaluator(all_cpu_kernels()));
}

int ModelOptions::thread_count(const Model& model, std::int64_t restarts) const {
  if (threads > 0) return threads;
  const bool small = product_flops(model.function) < inversion::worth_two_threads;
  return small && restarts == 1 ? 1 : omp_get_num_procs();
}

}  // namespace palimpsest::tools
