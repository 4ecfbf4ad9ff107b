#pragma once
// One folder of ONNX's backend tests: a model and test_data_set_N with input_K.pb, output_K.pb.

#include <filesystem>
#include <string>
#include <vector>

namespace palimpsest::testing {

enum class Verdict { passed, failed, unsupported };

struct CaseResult {
  Verdict verdict = Verdict::passed;
  std::string reason;  ///< empty when passed
};

/// Imports the model, runs every data set on the CPU and compares all outputs: integers and bool
/// exactly, floats by |y - expected| <= atol + rtol |expected|. Inputs that must be known at
/// import (shapes, axes) are fixed to the data set's.
CaseResult run_backend_case(const std::filesystem::path& folder, double rtol, double atol);

/// The folders below `suite` that hold a model, sorted.
std::vector<std::filesystem::path> backend_cases(const std::filesystem::path& suite);

}  // namespace palimpsest::testing
