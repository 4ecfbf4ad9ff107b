#pragma once
// A model applied to given tensors: what `run` and `conform` share.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "onnx_import/import.h"
#include "tools/io/named_tensor.h"

namespace palimpsest::tools {

struct ForwardResult {
  std::vector<std::string> names;
  std::vector<Literal> outputs;
};

/// Loads the model for inputs of these names and shapes and computes its outputs. Integer and
/// boolean inputs, which often steer shapes, are fixed at import; float inputs only when the
/// model cannot be imported otherwise. Throws what import and the run throw.
ForwardResult forward(const std::filesystem::path& model, onnx_import::ImportOptions options,
                      const std::vector<NamedTensor>& inputs, int threads);

/// One folder of ONNX's backend test data: model.onnx and test_data_set_*/{input,output}_*.pb.
struct TestDataSet {
  std::vector<NamedTensor> inputs, outputs;
};
/// The data sets of a test folder, in natural order. Throws InputError.
std::vector<TestDataSet> read_test_data(const std::filesystem::path& folder);
/// One data set folder; both "input_0.pb" and "input0.pb" are read.
TestDataSet read_test_data_set(const std::filesystem::path& folder);

struct Tolerance {
  double relative = 1e-3;  ///< the suite's own
  double absolute = 1e-7;
};

/// What differs first, in words, or nothing. NaN equals NaN.
std::optional<std::string> difference(const Literal& came, const Literal& expected,
                                      const Tolerance& tolerance);

}  // namespace palimpsest::tools
