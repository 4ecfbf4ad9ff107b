#include "tools/cli/forward.h"

#include <algorithm>
#include <cmath>

#include "ops/cpu_kernels.h"
#include "runtime/evaluate.h"
#include "tools/io/natural_order.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

const NamedTensor& input_named(const std::vector<NamedTensor>& inputs, const std::string& name) {
  for (const NamedTensor& input : inputs)
    if (input.first == name) return input;
  throw InputError(text("input '", name, "': no tensor of that name was given"));
}

ForwardResult forward_of(const Model& model, const std::vector<NamedTensor>& inputs,
                         const runtime::KernelTable& kernels, int threads) {
  std::vector<Literal> arguments(model.function.inputs.size());
  for (const DataInput& data : model.data)
    arguments[data.input] =
        input_named(inputs, data.name).second.converted(model.function.inputs[data.input].dtype());
  for (const Parameter& parameter : model.parameters)
    arguments[parameter.input] = parameter.initial;
  return {model.output_names, runtime::evaluate(model.function, arguments, kernels, threads)};
}

std::vector<fs::path> files_beginning(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return files;
}

std::vector<NamedTensor> read_tensors(const fs::path& folder, const std::string& prefix) {
  std::vector<NamedTensor> tensors;
  for (const fs::path& file : files_beginning(folder, prefix))
    tensors.push_back(onnx_import::load_tensor(file));
  return tensors;
}

bool close(double came, double expected, const Tolerance& tolerance) {
  if (std::isnan(came) || std::isnan(expected)) return std::isnan(came) && std::isnan(expected);
  if (came == expected) return true;
  return std::abs(came - expected) <= tolerance.absolute + tolerance.relative * std::abs(expected);
}

}  // namespace

ForwardResult forward(const fs::path& path, onnx_import::ImportOptions options,
                      const std::vector<NamedTensor>& inputs, int threads) {
  const runtime::KernelTable kernels = all_cpu_kernels();
  const Evaluator evaluator = runtime::evaluator(kernels);
  for (const auto& [name, tensor] : inputs) {
    options.shapes[name] = tensor.shape();
    if (!is_float(tensor.dtype())) options.fixed[name] = tensor;
  }
  try {
    return forward_of(onnx_import::load(path, options, evaluator), inputs, kernels, threads);
  } catch (const UnsupportedError&) {
    if (inputs.size() == options.fixed.size()) throw;
    for (const auto& [name, tensor] : inputs) options.fixed[name] = tensor;
    return forward_of(onnx_import::load(path, options, evaluator), inputs, kernels, threads);
  }
}

TestDataSet read_test_data_set(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw InputError(text(folder.string(), ": is no folder"));
  return {read_tensors(folder, "input"), read_tensors(folder, "output")};
}

std::vector<TestDataSet> read_test_data(const fs::path& folder) {
  std::vector<TestDataSet> sets;
  for (const fs::path& set : files_beginning(folder, "test_data_set_"))
    sets.push_back(read_test_data_set(set));
  if (sets.empty()) throw InputError(text(folder.string(), ": has no test_data_set_* folder"));
  return sets;
}

std::optional<std::string> difference(const Literal& came, const Literal& expected,
                                      const Tolerance& tolerance) {
  if (!(came.shape() == expected.shape()))
    return text("shape ", expected.shape(), " expected, ", came.shape(), " came");
  const std::vector<double> a = came.doubles(), b = expected.doubles();
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!close(a[i], b[i], tolerance))
      return text("element ", i, ": ", b[i], " expected, ", a[i], " came");
  return std::nullopt;
}

}  // namespace palimpsest::tools
