#include "tools/cli/conformance.h"

#include <algorithm>
#include <cmath>

#include "tools/cli/forward.h"
#include "tools/io/natural_order.h"

namespace palimpsest::tools {
namespace {

namespace fs = std::filesystem;

/// Entries of a folder whose names have this beginning and end, in natural order.
std::vector<fs::path> entries(const fs::path& folder, std::string_view beginning,
                              std::string_view end) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(beginning) && name.ends_with(end)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return found;
}

std::vector<NamedTensor> read_tensors(const fs::path& folder, std::string_view beginning) {
  std::vector<NamedTensor> tensors;
  for (const fs::path& file : entries(folder, beginning, ".pb"))
    tensors.push_back(onnx_import::load_tensor(file));
  return tensors;
}

bool close(double came, double expected, const Tolerance& tolerance) {
  if (std::isnan(expected)) return std::isnan(came);
  if (std::isinf(expected)) return came == expected;
  return std::abs(came - expected) <= tolerance.absolute + tolerance.relative * std::abs(expected);
}

/// What the outputs of one data set have wrong, or nothing.
std::optional<std::string> run_data_set(const fs::path& model, const fs::path& folder,
                                        const Tolerance& tolerance) {
  const TestDataSet data = read_test_data_set(folder);
  onnx_import::ImportOptions options;
  for (const auto& [name, tensor] : data.inputs)
    if (tensor.dtype() == DType::f64) options.dtype = DType::f64;
  const ForwardResult result = forward(model, options, data.inputs, 1);
  if (result.outputs.size() != data.outputs.size())
    return text(data.outputs.size(), " outputs expected, ", result.outputs.size(), " came");
  for (std::size_t i = 0; i < data.outputs.size(); ++i)
    if (const auto wrong = difference(result.outputs[i], data.outputs[i].second, tolerance))
      return text("output ", i, ": ", *wrong);
  return std::nullopt;
}

}  // namespace

TestDataSet read_test_data_set(const fs::path& folder) {
  if (!fs::is_directory(folder)) throw InputError(text(folder.string(), ": is no folder"));
  return {read_tensors(folder, "input"), read_tensors(folder, "output")};
}

std::optional<std::string> difference(const Literal& came, const Literal& expected,
                                      const Tolerance& tolerance) {
  if (!(came.shape() == expected.shape()))
    return text("shape ", expected.shape(), " expected, ", came.shape(), " came");
  if (is_float(came.dtype()) != is_float(expected.dtype()))
    return text(expected.type(), " expected, ", came.type(), " came");
  const Tolerance allowed = is_float(expected.dtype()) ? tolerance : Tolerance{0, 0};
  const std::vector<double> a = came.doubles(), b = expected.doubles();
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!close(a[i], b[i], allowed))
      return text("element ", i, ": ", b[i], " expected, ", a[i], " came");
  return std::nullopt;
}

std::string_view name_of(Verdict verdict) {
  if (verdict == Verdict::passed) return "passed";
  return verdict == Verdict::failed ? "failed" : "unsupported";
}

Conformance conformance_of(const fs::path& folder, const Tolerance& tolerance) {
  try {
    const std::vector<fs::path> sets = entries(folder, "test_data_set_", "");
    if (sets.empty()) throw InputError(text(folder.string(), ": has no test_data_set_* folder"));
    for (const fs::path& set : sets)
      if (const auto wrong = run_data_set(folder / "model.onnx", set, tolerance))
        return {Verdict::failed, *wrong};
    return {};
  } catch (const UnsupportedError& error) {
    return {Verdict::unsupported, error.what()};
  } catch (const Error& error) {
    return {Verdict::failed, error.what()};
  }
}

std::vector<fs::path> test_folders(const fs::path& root) {
  if (!fs::is_directory(root)) throw InputError(text(root.string(), ": is no folder"));
  if (fs::exists(root / "model.onnx")) return {root};
  std::vector<fs::path> folders = entries(root, "", "");
  std::erase_if(folders, [](const fs::path& folder) { return !fs::exists(folder / "model.onnx"); });
  if (folders.empty()) throw InputError(text(root.string(), ": no folder with a model.onnx in it"));
  return folders;
}

}  // namespace palimpsest::tools
