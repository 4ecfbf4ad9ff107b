#include "tests/support/backend_case.h"

#include <algorithm>
#include <cmath>

#include "onnx_import/import.h"
#include "runtime/evaluate.h"
#include "tests/support/cpu.h"

namespace palimpsest::testing {
namespace {

using NamedLiteral = std::pair<std::string, Literal>;

std::vector<NamedLiteral> tensors(const std::filesystem::path& folder, const std::string& stem) {
  std::vector<NamedLiteral> found;
  for (int i = 0;; ++i) {
    const auto path = folder / (stem + "_" + std::to_string(i) + ".pb");
    if (!std::filesystem::exists(path)) return found;
    found.push_back(onnx_import::load_tensor(path));
  }
}

enum class Fix { none, integers, all };

Model imported(const std::filesystem::path& model, const std::vector<NamedLiteral>& inputs,
               Fix fix) {
  onnx_import::ImportOptions options;
  for (const auto& [name, literal] : inputs) {
    if (literal.dtype() == DType::f64) options.dtype = DType::f64;
    if (name.empty()) continue;  // the oldest suites name no tensors; theirs are all data
    if (fix == Fix::all || (fix == Fix::integers && !is_float(literal.dtype())))
      options.fixed.emplace(name, literal);
    else
      options.shapes.emplace(name, literal.shape());
  }
  return onnx_import::load(model, options, runtime::evaluator(cpu()));
}

/// The first import that the model allows, with as few inputs fixed as possible.
Model imported(const std::filesystem::path& model, const std::vector<NamedLiteral>& inputs) {
  for (const Fix fix : {Fix::none, Fix::integers}) {
    try {
      return imported(model, inputs, fix);
    } catch (const UnsupportedError&) {
      continue;
    }
  }
  return imported(model, inputs, Fix::all);
}

std::vector<Literal> arguments(const Model& model, const std::vector<NamedLiteral>& inputs) {
  std::vector<Literal> values(model.function.inputs.size());
  for (const DataInput& data : model.data)
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const auto& [name, literal] = inputs[i];
      if (name.empty() ? i == data.input : name == data.name)
        values[data.input] = literal.converted(model.function.inputs[data.input].dtype());
    }
  for (const Parameter& parameter : model.parameters) values[parameter.input] = parameter.initial;
  return values;
}

bool is_close(double y, double expected, double rtol, double atol) {
  if (std::isnan(expected)) return std::isnan(y);
  if (std::isinf(expected)) return y == expected;
  return std::abs(y - expected) <= atol + rtol * std::abs(expected);
}

std::string difference(const Literal& y, const Literal& expected, double rtol, double atol) {
  if (!(y.shape() == expected.shape()))
    return text("shape ", expected.shape(), " expected, ", y.shape(), " came");
  if (is_float(y.dtype()) != is_float(expected.dtype()))
    return text(expected.type(), " expected, ", y.type(), " came");
  const std::vector<double> values = y.doubles();
  const std::vector<double> wanted = expected.doubles();
  const bool exact = !is_float(expected.dtype());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!is_close(values[i], wanted[i], exact ? 0 : rtol, exact ? 0 : atol))
      return text("element ", i, ": ", wanted[i], " expected, ", values[i], " came");
  return {};
}

std::string run_data_set(const std::filesystem::path& model, const std::filesystem::path& folder,
                         double rtol, double atol) {
  const std::vector<NamedLiteral> inputs = tensors(folder, "input");
  const std::vector<NamedLiteral> expected = tensors(folder, "output");
  const Model imported_model = imported(model, inputs);
  const std::vector<Literal> outputs =
      runtime::evaluate(imported_model.function, arguments(imported_model, inputs), cpu());
  for (std::size_t i = 0; i < std::min(outputs.size(), expected.size()); ++i)
    if (std::string words = difference(outputs[i], expected[i].second, rtol, atol); !words.empty())
      return text("output ", i, ": ", words);
  return outputs.size() == expected.size()
             ? std::string{}
             : text(expected.size(), " outputs expected, ", outputs.size(), " came");
}

}  // namespace

CaseResult run_backend_case(const std::filesystem::path& folder, double rtol, double atol) try {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    const std::string words = run_data_set(folder / "model.onnx", entry.path(), rtol, atol);
    if (!words.empty()) return {Verdict::failed, words};
  }
  return {};
} catch (const UnsupportedError& error) {
  return {Verdict::unsupported, error.what()};
} catch (const Error& error) {
  return {Verdict::failed, error.what()};
}

std::vector<std::filesystem::path> backend_cases(const std::filesystem::path& suite) {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(suite))
    if (std::filesystem::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace palimpsest::testing
