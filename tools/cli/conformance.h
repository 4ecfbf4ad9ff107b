#pragma once
// ONNX's backend tests: folders with model.onnx and test_data_set_N/{input,output}_K.pb. Shared
// by `conform`, by `run` and by the importer's tests.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/io/named_tensor.h"

namespace palimpsest::tools {

struct TestDataSet {
  std::vector<NamedTensor> inputs, outputs;
};
/// One data set folder; both "input_0.pb" and "input0.pb" are read. Throws InputError,
/// ImportError.
TestDataSet read_test_data_set(const std::filesystem::path& folder);

struct Tolerance {
  double relative = 1e-3;  ///< the suite's own
  double absolute = 1e-7;
};

/// What differs first, in words, or nothing. Floats may differ by absolute + relative *
/// |expected|, NaN equals NaN; integers and booleans must be equal.
std::optional<std::string> difference(const Literal& came, const Literal& expected,
                                      const Tolerance& tolerance);

enum class Verdict { passed, failed, unsupported };
std::string_view name_of(Verdict verdict);

struct Conformance {
  Verdict verdict = Verdict::passed;
  std::string reason;  ///< empty when passed
};

/// Imports the model (in f64 when an input is f64), runs every data set on the CPU and compares
/// all outputs and their count.
Conformance conformance_of(const std::filesystem::path& folder, const Tolerance& tolerance);

/// The folder itself when it holds a model, else its sub-folders that do, in natural order.
/// Throws InputError when there is none.
std::vector<std::filesystem::path> test_folders(const std::filesystem::path& root);

}  // namespace palimpsest::tools
