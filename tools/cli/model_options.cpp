#include "tools/cli/model_options.h"

#include <omp.h>

#include <charconv>

#include "ops/cpu_kernels.h"
#include "runtime/evaluate.h"
#include "tools/cli/exit_code.h"

namespace palimpsest::tools {
namespace {

onnx_import::Mode parse_mode(const std::string& word) {
  if (word == "train") return onnx_import::Mode::train;
  if (word == "eval") return onnx_import::Mode::eval;
  return onnx_import::Mode::model;
}

std::int64_t parse_integer(std::string_view word, const std::string& whole) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size())
    throw UsageError(text("a whole number expected in '", whole, "', '", word, "' came"));
  return value;
}

}  // namespace

void ModelOptions::add_to(CLI::App& app) {
  app.add_option("model", path, "ONNX model file")->required();
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
  app.add_option("--threads", threads, "CPU threads (default: all cores)")
      ->check(CLI::NonNegativeNumber);
}

onnx_import::ImportOptions ModelOptions::import_options() const {
  onnx_import::ImportOptions options;
  if (batch > 0) options.batch = batch;
  for (const std::string& shape : shapes) {
    const auto equals = shape.rfind('=');
    if (equals == std::string::npos)
      throw UsageError(text("--shape: name=1x3x224x224 expected, '", shape, "' came"));
    options.shapes[shape.substr(0, equals)] = parse_shape(shape.substr(equals + 1));
  }
  options.batch_norm = parse_mode(batch_norm);
  options.dtype = dtype == "f64" ? DType::f64 : DType::f32;
  options.clip_border_blocks = clip_border == "0";
  return options;
}

Model ModelOptions::load() const {
  return onnx_import::load(path, import_options(), runtime::evaluator(all_cpu_kernels()));
}

int ModelOptions::thread_count() const { return threads > 0 ? threads : omp_get_num_procs(); }

Shape parse_shape(const std::string& words) {
  std::vector<std::int64_t> extents;
  std::string_view rest = words;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of("x,"), rest.size());
    extents.push_back(parse_integer(rest.substr(0, end), words));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  try {
    return Shape(std::move(extents));
  } catch (const ShapeError& error) {
    throw UsageError(error.what());
  }
}

std::uint64_t parse_bytes(const std::string& words) {
  constexpr std::string_view units = "KMGT";
  std::string_view number = words;
  int shift = 0;
  if (!number.empty() && units.find(number.back()) != std::string_view::npos) {
    shift = 10 * (1 + static_cast<int>(units.find(number.back())));
    number.remove_suffix(1);
  }
  const std::int64_t value = parse_integer(number, words);
  if (value < 0 || value > (std::int64_t{1} << (62 - shift)))
    throw UsageError(text("a size between 0 and 2^62 bytes expected, '", words, "' came"));
  return static_cast<std::uint64_t>(value) << shift;
}

}  // namespace palimpsest::tools
