#pragma once
// A model applied to given tensors: what `run` and `conform` share.

#include <filesystem>
#include <string>
#include <vector>

#include "onnx_import/import.h"
#include "tools/io/named_tensor.h"

namespace palimpsest::tools {

struct ForwardResult {
  std::vector<std::string> names;
  std::vector<Literal> outputs;
};

/// Loads the model for inputs of these shapes and computes its outputs. Tensors belong to inputs
/// by name, nameless ones by position. As few inputs as possible are fixed at import: none, else
/// the integers and booleans, which often steer shapes, else all. Throws what import and the run
/// throw, and InputError for an input without a tensor.
ForwardResult forward(const std::filesystem::path& model, const onnx_import::ImportOptions& options,
                      const std::vector<NamedTensor>& inputs, int threads);

}  // namespace palimpsest::tools
