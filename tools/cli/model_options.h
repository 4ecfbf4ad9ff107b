#pragma once
// The options that say which model to load and how; shared by every verb that takes a model.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "onnx_import/import.h"

namespace palimpsest::tools {

struct ModelOptions {
  std::string path;
  std::int64_t batch = 0;  ///< 0: as in the model
  std::vector<std::string> shapes;
  std::string batch_norm = "model";
  std::string dtype = "f32";
  std::string clip_border = "1";
  int threads = 0;  ///< 0: one per available core

  void add_to(CLI::App& app);
  /// Throws UsageError for a malformed --shape.
  onnx_import::ImportOptions import_options() const;
  Model load() const;
  int thread_count() const;
};

/// "1x3x32x32" -> [1,3,32,32]. Throws UsageError.
Shape parse_shape(const std::string& words);

/// Bytes from "512M", "2G", "1073741824". Throws UsageError.
std::uint64_t parse_bytes(const std::string& words);

}  // namespace palimpsest::tools
