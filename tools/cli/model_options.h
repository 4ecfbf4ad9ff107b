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
  std::string clip_border = "0";
  int threads = 0;  ///< 0: chosen for the model

  void add_to(CLI::App& app);
  /// For verbs that can do without a model: its file is an option, --model.
  void add_optional_to(CLI::App& app);
  /// Throws UsageError for a malformed --shape.
  onnx_import::ImportOptions import_options() const;
  /// What of these options decides the imported function, as TOML.
  std::string facts() const;
  Model load() const;
  /// As asked for; else one per core, or a single one for a model so small that waiting for
  /// each other would cost threads more than they gain.
  int thread_count(const Model& model, std::int64_t restarts = 1) const;

 private:
  void add_settings_to(CLI::App& app);
};

}  // namespace palimpsest::tools
